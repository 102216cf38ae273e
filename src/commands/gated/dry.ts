import { type GatedTarget, isOver } from '../../domain/gated/run-input.ts';
import type { GatedSettings } from '../../domain/gated/settings.ts';
import type { RunInput } from '../../domain/run.ts';
import { oneLine } from '../../domain/text.ts';

const loopRoles = ['implementer', 'reviewer', 'auditor'] as const;

/** What a gated run would do; nothing is changed anywhere. */
export function printGatedPlan(
  input: RunInput,
  { sandbox, json }: { readonly sandbox: string; readonly json: boolean },
): number {
  const { gated, plan, settings, branch, baseBranch } = input;
  const given = gated ?? plan;
  if (!given) return 0;
  const { options, mode, settings: rules } = given;
  const targets = plan?.sprints ?? (gated ? [gated.target] : []);
  const isBug = gated?.target.kind === 'bug';
  const roles = [
    ...(isBug ? (['triage'] as const) : []),
    ...loopRoles,
    ...(rules.redTeam.enabled ? (['red-team'] as const) : []),
  ].map((name) => ({
    name,
    ...(rules.roles[name] ?? { provider: settings.provider, model: settings.model }),
  }));
  const asked = targets.map((target) => ({ target: target.name, title: target.title, ...askedOf(target) }));
  const what = plan ? { sprints: asked, consolidate: plan.consolidate } : asked[0];
  if (json) {
    const shown = {
      runId: input.runId,
      type: input.type,
      ...what,
      branch,
      base: baseBranch,
      mode,
      options,
      roles,
      sandbox,
    };
    console.log(JSON.stringify(shown, null, 2));
  } else {
    console.log(
      [
        `Dry run of ${plan ? 'the sprint plan' : (targets[0]?.name ?? '')}: nothing is changed`,
        '',
        ...targets.map((target) => `  Target: ${target.name} ${oneLine(target.title)} (${wordsOf(target)})`),
        `  Branch: ${branch}, based on ${baseBranch}`,
        ...roles.map(({ name, provider, model }) => `  ${name}: ${provider} / ${model ?? 'default'}`),
        `  Limits: ${options.max_cycles} cycles, ${options.timeout_hours} h`,
        `  Push mode: ${options.push_mode}`,
        `  Mode: ${mode}`,
        `  After the draft: ${validationOf(rules.postPr)}`,
        `  Sandbox: ${sandbox}`,
      ].join('\n'),
    );
  }
  return 0;
}

function validationOf({ enabled, audit = true, e2e = true, cross_model, review }: GatedSettings['postPr']): string {
  const phases = [audit && 'audit', e2e && 'build and tests', cross_model && 'cross-model review', review && 'review'];
  return enabled ? phases.filter(Boolean).join(', ') : 'nothing';
}

/** Of a sprint that is over. */
export const nothingLeft = 'no open issues: it counts as completed';

function askedOf(target: GatedTarget) {
  if (target.kind === 'bug' && target.issue !== null) return { issues: [target.issue] };
  return target.kind === 'issues' ? { issues: target.issues } : { characters: target.text.length };
}

function wordsOf(target: GatedTarget): string {
  if (target.kind === 'bug' && target.issue !== null) return `#${target.issue}`;
  if (isOver(target)) return nothingLeft;
  return target.kind === 'issues'
    ? target.issues.map((issue) => `#${issue}`).join(', ')
    : `${target.text.length} characters`;
}
