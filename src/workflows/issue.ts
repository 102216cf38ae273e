import { condition, getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { RunInput, RunState } from '../domain/run.ts';
import { budgetOf } from './budget.ts';
import { Deliveries } from './deliveries.ts';
import { labelsMadeFor, labelsReady, stopped, toItsEnd, unlessStopped } from './endings.ts';
import { standingWanted, taskChanged } from './messages.ts';
import { Run } from './run.ts';
import { type Bench, runTask } from './task.ts';
import { Tools } from './tools.ts';
import { TrackerWrites } from './tracker-writes.ts';

/** One issue on its own branch: a run by itself, or a child of a parallel run. Its id locks the issue. */
export async function issueTask(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const parent = workflowInfo().parent?.workflowId;
  // It may be cancelled, or outlive its parent, at any moment.
  if (parent) tellParent(run, parent).catch(() => {});
  const tools = new Tools(run);
  const writes = new TrackerWrites(run, parent ? labelsMadeFor(input) : labelsReady(run, tools.tracker));
  const bench: Bench = { run, tools, writes, budget: budgetOf(run, parent), deliveries: new Deliveries(run) };
  return toItsEnd(
    async () => {
      for (const { issue } of input.tasks) await runTask(bench, issue);
      await tools.leaveHost();
      await unlessStopped(run, writes.drain());
      return run.finish();
    },
    () => stopped(run, tools, writes),
  );
}

/** The parent shows what its children wait for, and itself as halted when its last child is. */
async function tellParent(run: Run, parent: string): Promise<void> {
  let asked = 0;
  setHandler(standingWanted, (number) => {
    asked = number;
  });
  const standing = () => (isHalted(run) ? 'halted' : run.state.waiting);
  for (let told: ReturnType<typeof standing> = null, answered = asked; ; ) {
    await condition(() => standing() !== told || (told === 'halted' && asked !== answered));
    told = standing();
    answered = asked;
    const { waiting, tasks } = run.state;
    for (const task of tasks)
      await getExternalWorkflowHandle(parent).signal(taskChanged, { task, waiting, asked: answered });
  }
}

/** Also where its tasks are over and only the tracker, which may not answer for hours, is still written to. */
function isHalted({ state, interrupted, stopping }: Run): boolean {
  if (state.status === 'halted') return true;
  return interrupted && !stopping && state.tasks.every((task) => task.finishedAt !== null);
}
