import { type AuditRecord, guardrailRecords } from '../../domain/gated/guardrail-log.ts';
import { guardInput } from '../../domain/gated/guardrails.ts';
import type { RoleTarget, TargetIssue } from '../../domain/gated/prompt-parts.ts';
import type { AgentRole } from '../../domain/gated/run-input.ts';
import type { RunContext } from '../../domain/run.ts';
import type { Tracker } from '../../trackers/tracker.ts';
import type { Dependencies } from '../deps.ts';
import type { GatedContext } from './contract.ts';
import { noteAudit } from './records.ts';

export type GuardedTarget =
  | { readonly kind: 'passed'; readonly target: RoleTarget }
  | { readonly kind: 'refused'; readonly reason: string };

/** What was asked for, as a role may read it: each text from outside has passed the guardrails, and is redacted. */
export async function guardedTarget(
  deps: Pick<Dependencies, 'stateDir' | 'issues'>,
  run: RunContext,
  tracker: Tracker,
  { gated, role }: { readonly gated: GatedContext; readonly role: AgentRole },
): Promise<GuardedTarget> {
  const guard = guardOf(gated, role);
  const { target } = gated;
  let passed: RoleTarget;
  if (target.kind === 'section') {
    passed = { ...target, title: guard.passed(target.title), text: guard.passed(target.text) };
  } else {
    const issues: TargetIssue[] = [];
    for (const number of target.issues) {
      const { issue, comments } = await deps.issues.read(run, tracker, number, []);
      issues.push({
        issue: { number, title: guard.passed(issue.title), body: guard.passed(issue.body) },
        comments: comments.map((comment) => ({ ...comment, body: guard.passed(comment.body) })),
      });
    }
    passed = { kind: 'issues', name: target.name, title: guard.passed(target.title), issues };
  }
  if (gated.guardrails.logging) await noteAudit(deps.stateDir, gated.id, guard.records);
  return guard.reason === null ? { kind: 'passed', target: passed } : { kind: 'refused', reason: guard.reason };
}

function guardOf(gated: GatedContext, role: AgentRole) {
  const { mode, allowHigh, guardrails, id } = gated;
  const guard = {
    records: [] as AuditRecord[],
    reason: null as string | null,
    /** The text as the role may read it. */
    passed(text: string): string {
      const began = Date.now();
      const outcome = guardInput({ role: role.name, text, mode, allowHigh }, guardrails);
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
