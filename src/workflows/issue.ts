import { condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { RunInput, RunState } from '../domain/run.ts';
import { claimTools, failureOf } from './activities.ts';
import { labelsReady, stopped, toItsEnd, unlessStopped } from './endings.ts';
import { taskChanged } from './messages.ts';
import { Run } from './run.ts';
import { runTask } from './task.ts';
import { TrackerWrites } from './tracker-writes.ts';

/** One issue on its own branch: a run by itself, or a child of a parallel run. Its id locks the issue. */
export async function issueTask(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const parent = workflowInfo().parent?.workflowId;
  // It may be cancelled, or outlive its parent, at any moment.
  if (parent) tellParent(run, parent).catch(() => {});
  const tools = await claimTools(run.context);
  const writes = new TrackerWrites(labelsReady(run, tools, parent !== undefined), (issue, error) =>
    run.warn(`#${issue}: ${failureOf(error).message}`),
  );
  return toItsEnd(
    async () => {
      for (const { issue } of input.tasks) await runTask(run, tools, writes, issue);
      await unlessStopped(run, writes.drain());
      return run.finish();
    },
    () => stopped(run, tools, writes),
  );
}

/** The parent shows itself as halted when its last child does. */
async function tellParent(run: Run, parent: string): Promise<void> {
  for (;;) {
    await condition(() => run.state.status === 'halted');
    for (const task of run.state.tasks) await getExternalWorkflowHandle(parent).signal(taskChanged, task);
    await condition(() => run.state.status !== 'halted');
  }
}
