import type { AttemptResult } from '../../src/activities/contract.ts';
import { breakerDefaults } from '../../src/domain/gated/breaker.ts';
import { taskOf } from '../../src/domain/gated/run-input.ts';
import type { RunInput } from '../../src/domain/run.ts';
import { type Change, gatedInput } from './gated-support.ts';
import type { Stage } from './support.ts';

/** Of a bug that is accepted, but for what a test says of it. */
export function triaged(change: Readonly<Record<string, unknown>> = {}): AttemptResult {
  const found = {
    title: 'The cart is empty',
    class: 'logic_bug',
    severity: 'high',
    reproduction: { steps: ['reload'], failing_test: null },
    expected: 'items',
    actual: 'none',
    evidence: { stack_trace: [{ file: 'a.ts', line: 1 }] },
    suspected_files: [{ file: 'a.ts', lines: '1', confidence: 'high', reason: 'there' }],
    ...change,
  };
  return {
    session: null,
    costUsd: 0,
    durationMs: 1,
    outcome: 'answered',
    tampered: false,
    answer: `\`\`\`locus-triage\n${JSON.stringify(found)}\n\`\`\``,
  };
}

/** A bug that was told as a text. */
export function bugInput(stage: Pick<Stage, 'hostId'>, change: Change = {}): RunInput {
  const { gated, tasks, ...rest } = gatedInput(stage, change);
  if (!gated) throw new Error('this is no gated run');
  const name = '20260101-012345';
  const target = { kind: 'bug', name, title: 'The cart is empty', issue: null, text: 'It is.' } as const;
  const branch = `bugfix/${name}`;
  const runId = change.input?.runId ?? `locus/${rest.repoName}/bug/${name}`;
  const settings = { ...gated.settings, limits: breakerDefaults.bug };
  return {
    ...rest,
    runId,
    type: 'bug',
    branch,
    tasks: [taskOf(target, branch)],
    gated: { ...gated, target, settings },
  };
}
