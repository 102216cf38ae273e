import type { TestsRound } from '../../activities/post-pr/contract.ts';
import { buildTimeoutS, decideE2e, testTimeoutS } from '../../domain/gated/post-pr-e2e.ts';
import { sha256 } from '../../domain/sha256.ts';
import { opened } from '../gated/open.ts';
import { fixed } from './fix.ts';
import { haltPoint, inTime, type PhaseEnd, type PostPrBench } from './step.ts';

const timeoutS = { build: buildTimeoutS, test: testTimeoutS };

/** E2E_TESTING ⇄ FIX_E2E: build and tests, run for real; what fails is mended and run again. */
export async function e2ePhase(bench: PostPrBench): Promise<PhaseEnd> {
  const { run, target } = bench;
  for (;;) {
    await haltPoint(bench);
    const { workspace } = await opened(bench);
    target.enter('E2E_TESTING');
    const log = `e2e-${target.loop.cycle}.log`;
    const { build_command: build = null, test_command: test = null } = target.input.settings.postPr;
    const request = {
      ...{ id: target.input.id, task: run.specOf(target.issue), workspace, branch: target.branch, commit: target.tip },
      ...{ attemptId: run.nextAttemptId(target.issue), build, test, log, timeoutS },
    };
    const told = await inTime(bench, 'build and tests', ({ host }, summary) =>
      host.runTests.executeWithOptions({ summary }, [run.context, request]),
    );
    if (told === 'time_up') return { halt: 'e2e_timeout', detail: 'build and tests did not end in their time' };
    target.tell({ tests: told.runs });
    const { result } = told;
    if (result.outcome === 'TIMEOUT') return { halt: 'e2e_timeout', detail: result.reason };
    const step = decideE2e(target.post.rounds.e2e, result, sha256);
    target.count('e2e', step.rounds);
    if (step.next === 'pass') return { status: 'completed', note: null };
    if (step.next === 'skip') return { status: 'skipped', note: step.reason };
    if (step.next === 'halt') return { halt: step.reason, detail: detailOf(told, log) };
    await haltPoint(bench);
    target.enter('FIX_E2E');
    const failures = result.outcome === 'FAILED' ? result.failures : [];
    const { command = '', exit_code: exitCode = null } = told.runs.at(-1) ?? {};
    const about = { kind: 'fix_e2e', command, exitCode, failures, log } as const;
    const end = await fixed(bench, about, `mend the tests of ${target.state.target}`);
    if (end === 'time_up') return { halt: 'e2e_timeout', detail: 'a fix step did not end in its time' };
    if (end !== 'fixed') return { halt: 'e2e_error', detail: end.failed };
  }
}

function detailOf({ result, runs }: TestsRound, log: string): string {
  if (result.outcome === 'ERROR') return result.reason;
  const { command = '', exit_code = null } = runs.at(-1) ?? {};
  return `\`${command}\` ended with exit code ${exit_code}; see ${log} of the run’s artifacts`;
}
