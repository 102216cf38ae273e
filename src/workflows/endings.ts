import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { RunState } from '../domain/run.ts';
import { failureOf, type Tools } from './activities.ts';
import type { Run } from './run.ts';
import { reportLeft } from './task-reports.ts';
import type { TrackerWrites } from './tracker-writes.ts';

/** Labels come first in every chain; without them GitHub would make its own, in its own colour. */
export async function labelsReady(run: Run, tools: Tools, alreadyMade: boolean): Promise<void> {
  const { autoLabel, autoPR } = run.input.settings.agent;
  if (alreadyMade || (!autoLabel && !autoPR)) return;
  try {
    await tools.tracker.prepareTracker.executeWithOptions({ summary: 'labels' }, [run.context]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.warn(`the labels could not be made: ${failureOf(error).message}`);
  }
}

/** Removes a worktree whose work is safe; where it is not, it stays and the run says so. */
export async function releaseWorkspace(run: Run, tools: Tools, branch: string): Promise<void> {
  try {
    await tools.host.releaseWorkspace.executeWithOptions({ summary: `release ${branch}` }, [run.context, { branch }]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.warn(`the workspace of ${branch} was kept: ${failureOf(error).message}`);
  }
}

/** Ends a run for good: its agents are gone by now; status labels are taken back, unfinished tasks are pending again. */
export async function stopped(run: Run, tools: Tools, writes: TrackerWrites): Promise<RunState> {
  return CancellationScope.nonCancellable(async () => {
    const { input, state } = run;
    for (const { issue } of state.tasks.filter((task) => task.status === 'in_progress')) {
      reportLeft(run, tools, writes, issue);
      run.update(issue, { status: 'pending', phase: null });
    }
    const begun = state.tasks.filter((task) => task.startedAt !== null && task.status !== 'skipped');
    const open = begun.filter((task) => input.type === 'sprint' || task.status !== 'done');
    for (const branch of new Set(open.map((task) => task.branch))) await releaseWorkspace(run, tools, branch);
    await writes.settle();
    return run.finish('stopped');
  });
}
