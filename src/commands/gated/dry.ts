import type { RunInput } from '../../domain/run.ts';
import { oneLine } from '../../domain/text.ts';

const loopRoles = ['implementer', 'reviewer', 'auditor'] as const;

/** What a gated run would do; nothing is changed anywhere. */
export function printGatedPlan(
  input: RunInput,
  { sandbox, json }: { readonly sandbox: string; readonly json: boolean },
): number {
  const { gated, settings, branch, baseBranch } = input;
  if (!gated) return 0;
  const { target, options, mode, settings: rules } = gated;
  const roles = [...loopRoles, ...(rules.redTeam.enabled ? (['red-team'] as const) : [])].map((name) => ({
    name,
    ...(rules.roles[name] ?? { provider: settings.provider, model: settings.model }),
  }));
  const asked = target.kind === 'issues' ? { issues: target.issues } : { characters: target.text.length };
  const plan = { target: target.name, title: target.title, ...asked, branch, base: baseBranch, mode, options, roles };
  if (json) console.log(JSON.stringify({ runId: input.runId, type: input.type, ...plan, sandbox }, null, 2));
  else {
    const what =
      target.kind === 'issues' ? target.issues.map((issue) => `#${issue}`).join(', ') : 'of the plan document';
    console.log(
      [
        `Dry run of ${target.name}: nothing is changed`,
        '',
        `  Target: ${oneLine(target.title)} (${what})`,
        `  Branch: ${branch}, based on ${baseBranch}`,
        ...roles.map(({ name, provider, model }) => `  ${name}: ${provider} / ${model ?? 'default'}`),
        `  Limits: ${options.max_cycles} cycles, ${options.timeout_hours} h`,
        `  Push mode: ${options.push_mode}`,
        `  Mode: ${mode}`,
        `  Sandbox: ${sandbox}`,
      ].join('\n'),
    );
  }
  return 0;
}
