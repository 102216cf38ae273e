import { activityInfo } from '@temporalio/activity';
import { type AuditRecord, guardrailRecords } from '../../domain/gated/guardrail-log.ts';
import { guardInput, guardTogether } from '../../domain/gated/guardrails.ts';
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
  const texts = asked.texts.map((text) => guard.passed(text));
  const target = await passedTarget(gated.target, guard, texts, async (number) => {
    const { issue, comments } = await deps.issues.read(run, tracker, number, []);
    return {
      issue: { number, title: guard.passed(issue.title), body: guard.passed(issue.body) },
      comments: comments.map((comment) => ({ ...comment, body: guard.passed(comment.body) })),
    };
  });
  const { workflowExecution, activityId } = activityInfo();
  const of = `${workflowExecution?.runId ?? ''} ${activityId}`;
  if (gated.guardrails.logging) await noteAudit(deps.stateDir, gated.id, of, guard.records);
  return guard.reason === null ? { kind: 'passed', target, texts } : { kind: 'refused', reason: guard.reason };
}

async function passedTarget(
  target: GatedTarget,
  guard: Pick<ReturnType<typeof guardOf>, 'passed' | 'together'>,
  texts: readonly string[],
  read: (issue: number) => Promise<TargetIssue>,
): Promise<RoleTarget> {
  const { name } = target;
  const title = guard.passed(target.title);
  switch (target.kind) {
    case 'section': {
      const text = guard.passed(target.text);
      guard.together([title, text]);
      return { kind: 'section', name, title, text };
    }
    case 'issues': {
      const issues: TargetIssue[] = [];
      for (const number of target.issues) issues.push(await read(number));
      // Issue by issue: words of several people that have nothing to do with each other are no payload.
      for (const { issue, comments } of issues) {
        guard.together([issue.title, issue.body, ...comments.map(({ body }) => body)]);
      }
      return { kind: 'issues', name, title, issues };
    }
    case 'bug': {
      const { sprint, issue, text } = target;
      if (sprint) return { kind: 'bug', name: sprint.id, title, text: guard.passed(sprint.document) };
      const report = issue === null ? guard.passed(text) : reportText(await read(issue));
      guard.together([title, report, ...texts]);
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
      const [level, checked] = guardrailRecords(outcome, stamp);
      // How dangerous a role is does not depend on the text.
      if (level && guard.records.length === 0) guard.records.push(level);
      if (checked) guard.records.push(checked);
      const { action, danger, input } = outcome;
      if (action === 'BLOCK') guard.reason ??= danger.action === 'BLOCK' ? danger.reason : reasonOf(input);
      return outcome.text;
    },
    /** Texts that have passed, as the one text that they are to a model. What is no worse than they are is not recorded. */
    together(texts: readonly string[]): void {
      const began = Date.now();
      const input = guardTogether(texts, guardrails);
      if (input === null) return;
      const stamp = { timestamp: new Date().toISOString(), role: role.name, run: id, latency: Date.now() - began };
      guard.records.push({ type: 'input_guardrail', ...stamp, ...input });
      if (input.action === 'BLOCK') guard.reason ??= reasonOf(input);
    },
  };
  return guard;
}

function reasonOf({ checks }: ReturnType<typeof guardInput>['input']): string {
  const failed = checks.find(({ status }) => status === 'FAIL');
  if (failed?.name === 'injection_detection')
    return `its input looks like an injection (score ${failed.score}, threshold ${failed.threshold})`;
  return failed?.reason ?? checks.find(({ reason }) => reason)?.reason ?? 'a guardrail blocks its input';
}
