import { CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { RunInput, RunState } from '../domain/run.ts';
import { failureOf, type TrackerTools } from './activities.ts';
import { labelsMade } from './messages.ts';
import { type Run, RunStopped } from './run.ts';
import { endsBefore } from './settled.ts';
import { reportLeft } from './task-reports.ts';
import type { Tools } from './tools.ts';
import type { TrackerWrites } from './tracker-writes.ts';

/** Labels come first in every chain; without them GitHub would make its own, in its own colour. */
export async function labelsReady(run: Run, tracker: TrackerTools): Promise<void> {
  const { autoLabel, autoPR } = run.input.settings.agent;
  if (!autoLabel && !autoPR) return;
  try {
    await tracker.prepareTracker.executeWithOptions({ summary: 'labels' }, [run.context]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.warn(`the labels could not be made: ${failureOf(error).message}`);
  }
}

/** A parallel run makes them for its children, beside the first of those. */
export async function labelsMadeFor({ labelsComing = false }: RunInput): Promise<void> {
  let isWaiting = labelsComing;
  setHandler(labelsMade, () => {
    isWaiting = false;
  });
  await condition(() => !isWaiting);
}

/** Removes a worktree whose work is safe; where it is not, it stays and the run says so. */
export async function releaseWorkspace(run: Run, tools: Tools, branch: string): Promise<void> {
  try {
    await tools.whereItIs(({ host }) =>
      host.releaseWorkspace.executeWithOptions({ summary: `release ${branch}` }, [run.context, { branch }]),
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.warn(`the workspace of ${branch} was kept: ${failureOf(error).message}`);
  }
}

/**
 * Carries a run out. Being cancelled interrupts nothing halfway: it ends the run as a stop does, by way of `onStop`.
 */
export async function toItsEnd(work: () => Promise<RunState>, onStop: () => Promise<RunState>): Promise<RunState> {
  return CancellationScope.nonCancellable(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RunStopped) return onStop();
      throw error;
    }
  });
}

/** Waits for the tracker, which may not answer for hours: a stop does not, and a token that it refuses halts the run. */
export async function unlessStopped(run: Run, written: Promise<void>): Promise<void> {
  for (;;) {
    await Promise.race([written, condition(() => run.stopping || run.haltDue !== null)]);
    if (run.stopping) await run.checkpoint();
    if (run.haltDue === null) return written;
    await run.haltIfDue();
  }
}

/** The same for a gated run whose work is done: a person who halts it waits a moment for the tracker, and no longer. */
export async function unlessHalted(run: Run, writes: TrackerWrites): Promise<void> {
  const written = endsBefore(writes.drain(), () => run.haltWanted !== null);
  await unlessStopped(
    run,
    written.then(() => {}),
  );
  if (!(await written) && !(await writes.settle(soon))) run.warn(notTold);
}

/** Seconds. */
const soon = 8;
const notTold = 'the tracker did not answer: labels may still say that somebody works on it';

/** Ends a run for good: its agents are gone by now; status labels are taken back, unfinished tasks are pending again. */
export async function stopped(run: Run, tools: Tools, writes: TrackerWrites): Promise<RunState> {
  const { input, state } = run;
  const left = state.tasks.filter((task) => task.status === 'in_progress').map((task) => task.issue);
  for (const issue of left) {
    reportLeft(run, tools, writes, issue);
    run.update(issue, { status: 'pending', phase: null });
  }
  const begun = state.tasks.filter((task) => task.startedAt !== null && task.status !== 'skipped');
  const open = begun.filter((task) => input.type === 'sprint' || task.status !== 'done');
  for (const branch of new Set(open.map((task) => task.branch))) await releaseWorkspace(run, tools, branch);
  await tools.leaveHost();
  if (!(await writes.settle(soon))) run.warn(notTold);
  return run.finish('stopped');
}
