import { type AuditRecord, guardrailRecords } from '../../domain/gated/guardrail-log.ts';
import { guardInput } from '../../domain/gated/guardrails.ts';
import type { RoleTarget, TargetIssue } from '../../domain/gated/prompt-parts.ts';
import type { AgentRole, GatedTarget } from '../../domain/gated/run-input.ts';
import type { RunContext } from '../../domain/run.ts';
import type { Tracker } from '../../trackers/tracker.ts';
import type { Dependencies } from '../deps.ts';
import type { GatedContext } from './contract.ts';
import { noteAudit } from './records.ts';

export type GuardedTarget =
  | { readonly kind: 'passed'; readonly target: RoleTarget; readonly texts: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What was asked for, as a role may read it: each text from outside has passed the guardrails, and is redacted. So are
 * `texts`: what people have added to it.
 */
export async function guardedTarget(
  deps: Pick<Dependencies, 'stateDir' | 'issues'>,
  run: RunContext,
  tracker: Tracker,
  asked: { readonly gated: GatedContext; readonly role: AgentRole; readonly texts: readonly string[] },
): Promise<GuardedTarget> {
  const { gated, role } = asked;
  const guard = guardOf(gated, role);
  const target = await passedTarget(gated.target, guard, async (number) => {
    const { issue, comments } = await deps.issues.read(run, tracker, number, []);
    return {
      issue: { number, title: guard.passed(issue.title), body: guard.passed(issue.body) },
      comments: comments.map((comment) => ({ ...comment, body: guard.passed(comment.body) })),
    };
  });
  const texts = asked.texts.map((text) => guard.passed(text));
  if (gated.guardrails.logging) await noteAudit(deps.stateDir, gated.id, guard.records);
  return guard.reason === null ? { kind: 'passed', target, texts } : { kind: 'refused', reason: guard.reason };
}

async function passedTarget(
  target: GatedTarget,
  guard: { passed(text: string): string },
  read: (issue: number) => Promise<TargetIssue>,
): Promise<RoleTarget> {
  const { name } = target;
  const title = guard.passed(target.title);
  switch (target.kind) {
    case 'section':
      return { kind: 'section', name, title, text: guard.passed(target.text) };
    case 'issues': {
      const issues: TargetIssue[] = [];
      for (const number of target.issues) issues.push(await read(number));
      return { kind: 'issues', name, title, issues };
    }
    case 'bug': {
      const { sprint, issue, text } = target;
      if (sprint) return { kind: 'bug', name: sprint.id, title, text: guard.passed(sprint.document) };
      const report = issue === null ? guard.passed(text) : reportText(await read(issue));
      return { kind: 'bug', name, title, text: report };
    }
  }
}

/** An issue as the report of a bug: what people wrote on it belongs to it. */
function reportText({ issue, comments }: TargetIssue): string {
  return [issue.body, ...comments.map(({ author, body }) => `${author} wrote:\n\n${body}`)].join('\n\n');
}

function guardOf(gated: GatedContext, role: AgentRole) {
  const { mode, allowHigh, guardrails, id, target } = gated;
  const pii = { bugImport: target.kind === 'bug' };
  const guard = {
    records: [] as AuditRecord[],
    reason: null as string | null,
    /** The text as the role may read it. */
    passed(text: string): string {
      const began = Date.now();
      const outcome = guardInput({ role: role.name, text, mode, allowHigh, pii }, guardrails);
      const stamp = { timestamp: new Date().toISOString(), role: role.name, run: id, latency: Date.now() - began };
      const [danger, input] = guardrailRecords(outcome, stamp);
      // How dangerous a role is does not depend on the text.
      if (danger && guard.records.length === 0) guard.records.push(danger);
      if (input) guard.records.push(input);
      if (outcome.action === 'BLOCK') guard.reason ??= reasonOf(outcome);
      return outcome.text;
    },
  };
  return guard;
}

function reasonOf({ danger, input }: ReturnType<typeof guardInput>): string {
  if (danger.action === 'BLOCK') return danger.reason;
  const failed = input.checks.find(({ status }) => status === 'FAIL');
  if (failed?.name === 'injection_detection')
    return `its input looks like an injection (score ${failed.score}, threshold ${failed.threshold})`;
  return failed?.reason ?? input.checks.find(({ reason }) => reason)?.reason ?? 'a guardrail blocks its input';
}
