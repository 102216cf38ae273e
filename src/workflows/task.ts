import { isCancellation } from '@temporalio/workflow';
import { asFailure, type Failure } from '../domain/failures.ts';
import type { TaskState } from '../domain/run.ts';
import { failureOf } from './activities.ts';
import { attempt, giveBack, limitOver } from './attempt.ts';
import { type Budget, spentFailure } from './budget.ts';
import type { Deliveries } from './deliveries.ts';
import { releaseWorkspace } from './endings.ts';
import { publish } from './publish.ts';
import { prepare, type Ready } from './ready.ts';
import { type Run, RunStopped } from './run.ts';
import { letsGo } from './settled.ts';
import { reportDone, reportFailed, reportLeft, reportStarted } from './task-reports.ts';
import { HostMoved, type Tools } from './tools.ts';
import type { TrackerWrites } from './tracker-writes.ts';

/** What every task of a run works with. */
export interface Bench {
  readonly run: Run;
  readonly tools: Tools;
  readonly writes: TrackerWrites;
  readonly budget: Budget;
  readonly deliveries: Deliveries;
}

/** How often a task is begun anew on another host, and an agent that somebody else has ended is started again. */
const mostLosses = 5;

/** An attempt, or a task, that ended badly; carries the failure as data. Never leaves this file. */
class TaskFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * The only implementation of a task: one issue from a clean workspace to a push, confirmed or in the care of the run's
 * deliveries. Ends with the task done, on its way, failed or skipped; halts inside where a person must act first. Throws
 * RunStopped when the run is to end.
 */
export async function runTask(bench: Bench, issue: number): Promise<void> {
  const { run, deliveries } = bench;
  // In order: what was done before is told to be done first.
  const begun = deliveries.arrived().then((mayBegin) => {
    if (mayBegin) run.update(issue, beginning());
    return mayBegin;
  });
  // A run that is stopped unwinds by itself.
  begun.catch(() => {});
  for (let losses = 0; ; ) {
    try {
      return await carryOut(bench, issue, begun);
    } catch (error) {
      if (!(error instanceof HostMoved)) throw error;
      losses += 1;
      run.warn(`#${issue}: ${error.message}; it goes on from the last push`);
      // Its session and its unfinished work are gone. Its commit may have been pushed: the push will tell.
      run.update(issue, { phase: 'preparing', session: null, attemptId: null });
      if (losses >= mostLosses) return fail(bench, issue, asFailure('HostLost', `${losses} hosts were lost`), true);
    }
  }
}

function beginning(): Partial<TaskState> {
  const nothing = { finishedAt: null, error: null, session: null };
  return { status: 'in_progress', phase: 'preparing', startedAt: Date.now(), ...nothing };
}

async function carryOut(bench: Bench, issue: number, begun: Promise<boolean>): Promise<void> {
  const { run, tools, writes, deliveries } = bench;
  let ready: Ready | null = null;
  let isPushed = false;
  try {
    if (run.task(issue).commit === null) {
      const ahead = deliveries.takeAhead(issue);
      ready = ahead === undefined ? await prepare(run, tools, issue) : ahead;
      // No agent is paid for while the commit before its own has not arrived.
      if (!(await begun)) return await giveWay(run, issue, ready);
      if (ready) reportStarted(run, tools, writes, issue, ready.labels);
      const made = ready && (await work(bench, issue, ready));
      if (made === null) {
        run.update(issue, { status: 'skipped', phase: null, finishedAt: Date.now() });
        if (ready) reportLeft(run, tools, writes, issue);
        return;
      }
      isPushed = made.isPushed;
    }
    if (!(await begun)) return;
    const delivery = deliver(bench, issue, ready, isPushed);
    if (deliveries.besideNext) deliveries.begin(issue, delivery);
    else await delivery;
  } catch (error) {
    // What it fails of may be what the task before it fails of as well: that one is told first, and alone where it halts.
    if (isFailure(error) && !(await begun)) return giveWay(run, issue, ready);
    await endBadly(bench, issue, ready, error);
  }
}

/** Not what unwinds a task for another reason. */
function isFailure(error: unknown): boolean {
  return !(error instanceof RunStopped || error instanceof HostMoved || isCancellation(error));
}

/** The work goes to the remote; then the task is done. */
async function deliver(bench: Bench, issue: number, ready: Ready | null, isPushed: boolean): Promise<void> {
  const { run, tools, writes } = bench;
  try {
    await publish(run, tools, issue, { mayExist: ready?.branchExisted ?? true, isPushed });
    run.update(issue, { status: 'done', phase: null, finishedAt: Date.now() });
    reportDone(run, tools, writes, issue, ready !== null);
    if (run.input.type !== 'sprint') await releaseWorkspace(run, tools, run.task(issue).branch);
  } catch (error) {
    await endBadly(bench, issue, ready, error);
  }
}

async function endBadly(bench: Bench, issue: number, ready: Ready | null, error: unknown): Promise<void> {
  const { run } = bench;
  if (!isFailure(error)) throw error;
  const failure = error instanceof TaskFailed ? error.failure : failureOf(error);
  if (failure.type === 'HostLost') {
    run.update(issue, { commit: null, startCommit: null });
    throw new HostMoved(failure.message);
  }
  // What broke off in between has left its work in the workspace, where the next task would clean it away.
  const isLeft = ready !== null && run.task(issue).commit === null && !(error instanceof TaskFailed);
  if (ready && isLeft) await rescue(bench, issue, ready);
  fail(bench, issue, failure, ready !== null);
}

/** The sprint halts for the task before: this one has not begun. */
async function giveWay(run: Run, issue: number, ready: Ready | null): Promise<void> {
  run.update(issue, { phase: null, startCommit: null });
  await giveBack(run, ready?.start ?? null);
}

function fail({ run, tools, writes }: Bench, issue: number, failure: Failure, started: boolean): void {
  const failures = run.task(issue).failures + 1;
  run.update(issue, { status: 'failed', phase: null, error: failure, failures, finishedAt: Date.now() });
  reportFailed(run, tools, writes, issue, failure, started);
}

/**
 * Starts agents until one has done the work, at most `agent.maxAttempts` of them; what was ended by a halt or a usage
 * limit does not count. null where the issue was closed meanwhile.
 */
async function work(bench: Bench, issue: number, prepared: Ready): Promise<{ readonly isPushed: boolean } | null> {
  const { run, tools, budget, deliveries } = bench;
  const { maxAttempts } = run.input.settings.agent;
  // null: what was made so far is kept aside, the tree is clean.
  let ready: Ready | null = prepared;
  // The attempt that goes on once another agent is started; null: that one begins on a clean tree.
  let unfinished: string | null = null;
  const setAside = async () => {
    if (ready) await keepUnfinished(bench, issue, ready);
    ready = null;
  };
  for (let failures = 0, losses = 0; ; ) {
    const allowance = await budget.reserve(issue);
    if (allowance.kind !== 'granted') {
      await giveBack(run, ready?.start ?? null);
      await setAside();
      if (allowance.kind === 'spent' && allowance.of === 'task') throw new TaskFailed(spentFailure(allowance));
      if (allowance.kind === 'spent') run.askToHalt(spentFailure(allowance));
      await run.checkpoint();
      continue;
    }
    ready ??= await prepare(run, tools, issue, { unfinished });
    if (ready === null) return null;

    const earlier = run.task(issue).attemptId;
    const afterwards = deliveries.afterwards(issue);
    const result = await attempt(run, tools, { issue, ready, allowanceUsd: allowance.usd, afterwards });
    ready = { ...ready, start: null };
    await budget.settle(issue);
    const { attemptId } = run.task(issue);
    // One that was interrupted before its agent started has made nothing.
    if (attemptId !== earlier) unfinished = attemptId;
    if (result.outcome === 'done') {
      run.update(issue, { commit: result.commit, summary: result.summary });
      const { pushed = false, next = null } = result.afterwards ?? {};
      if (next && afterwards?.next) deliveries.keepAhead(afterwards.next, next);
      return { isPushed: pushed };
    }
    if (result.outcome === 'failed') {
      failures += 1;
      // Its session and its tree are gone on with as they are.
      if (result.killed && failures < maxAttempts) continue;
    }
    const tried: Ready = ready;
    await setAside();
    if (result.outcome === 'failed') {
      if (!result.retry || failures >= maxAttempts) throw new TaskFailed(result.failure);
      run.update(issue, { session: null });
      unfinished = null;
      ready = tried;
    }
    if (result.outcome === 'limited') await limitOver(run, issue, result.until);
    if (result.outcome !== 'ended' || run.interrupted) losses = 0;
    else if (++losses >= mostLosses)
      throw new TaskFailed(asFailure('AgentFailed', `the agent was ended from outside ${losses} times in a row`));
    await run.checkpoint();
  }
}

async function keepUnfinished({ run, tools }: Bench, issue: number, ready: Ready): Promise<void> {
  const { attemptId } = run.task(issue);
  const request = { task: run.specOf(issue), workspace: ready.workspace, attemptId, startCommit: ready.startCommit };
  const keeping = tools.onHost(({ host }) =>
    host.keepUnfinished.executeWithOptions({ summary: `#${issue} keep unfinished work` }, [run.context, request]),
  );
  if (await letsGo(run, keeping)) run.update(issue, { unfinished: (await keeping).kept });
  else
    run.warn(
      `#${issue}: what its agent has made lies in the workspace still; it is kept before anything else is done there`,
    );
}

async function rescue(bench: Bench, issue: number, ready: Ready): Promise<void> {
  try {
    await keepUnfinished(bench, issue, ready);
  } catch (error) {
    bench.run.warn(`#${issue}: its unfinished work could not be kept: ${failureOf(error).message}`);
  }
}
