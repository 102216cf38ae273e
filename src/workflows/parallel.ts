import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { asFailure } from '../domain/failures.ts';
import type { RunInput, RunState, TaskSpec, TaskState, Waiting } from '../domain/run.ts';
import { failureOf, trackerTools } from './activities.ts';
import { BudgetDesk } from './budget.ts';
import { Children, childId } from './children.ts';
import { labelsReady, toItsEnd } from './endings.ts';
import { budgetGranted, taskChanged } from './messages.ts';
import { Run } from './run.ts';

/** Issues side by side, `agent.maxParallel` at all times: each a child workflow with a branch and a pull request of its own. */
export async function parallelRun(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const children = new Children(run, labelsReady(run, trackerTools(run.context)));
  const waits = new Map<number, Waiting>();
  setHandler(taskChanged, ({ task, waiting, asked }) => {
    // What it tells of an earlier halt came late.
    const isOld = task.phase === 'halted' && asked !== children.told(task.issue);
    take(run, isOld ? { ...task, phase: 'preparing' } : task);
    showWait(run, waits, task.issue, waiting);
  });
  const desk = new BudgetDesk(
    run,
    () => Math.min(input.settings.agent.maxParallel, run.state.tasks.filter(isOpen).length),
    // Not by its handle: one that has just begun may ask before we have that.
    (issue, allowance) => {
      getExternalWorkflowHandle(childId(run, issue))
        .signal(budgetGranted, allowance)
        .catch(() => {});
    },
  );
  return toItsEnd(
    async () => {
      const ended = (issue: number) => {
        showWait(run, waits, issue, null);
        desk.leave(issue);
      };
      await Promise.race([inLanes(run, children, ended), haltWithChildren(run)]);
      return run.finish();
    },
    async () => {
      await condition(() => children.areGone && !isWorking(run));
      return run.finish('stopped');
    },
  );
}

/** Each lane takes the next issue when its child has ended. */
async function inLanes(run: Run, children: Children, ended: (issue: number) => void): Promise<void> {
  const waiting = [...run.input.tasks];
  const lane = async (): Promise<void> => {
    for (;;) {
      await condition(() => !run.interrupted);
      const spec = waiting.shift();
      if (!spec) return;
      await workOff(run, children, spec);
      ended(spec.issue);
    }
  };
  const lanes = Array.from({ length: Math.min(run.input.settings.agent.maxParallel, waiting.length) }, lane);
  await Promise.all(lanes);
}

async function workOff(run: Run, children: Children, spec: TaskSpec): Promise<void> {
  const { issue } = spec;
  run.update(issue, { status: 'in_progress', startedAt: Date.now() });
  try {
    const { tasks, warnings } = await children.carryOut(spec);
    for (const task of tasks) take(run, task);
    for (const warning of warnings) run.warn(warning);
  } catch (error) {
    run.update(issue, { status: 'failed', error: failureOfChild(error, issue), finishedAt: Date.now() });
  }
}

/** What a child tells of its task. The task began when we started the child: a second beginning would be told as a second start. */
function take(run: Run, task: TaskState): void {
  run.update(task.issue, { ...task, startedAt: run.task(task.issue).startedAt });
}

function failureOfChild(error: unknown, issue: number) {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return asFailure('RunConflict', `issue #${issue} is held by the run ${error.workflowId}`);
  }
  return failureOf(error);
}

/** The run is halted when the last of its children has ended its agent, until it is resumed. Never resolves. */
async function haltWithChildren(run: Run): Promise<never> {
  for (;;) {
    await condition(() => run.stopping || (run.interrupted && !isWorking(run)));
    await run.checkpoint();
  }
}

/** Whether a task is under way that no halt has reached. */
function isWorking({ stopping, state }: Run): boolean {
  const open = state.tasks.filter((task) => task.status === 'in_progress');
  return stopping ? open.length > 0 : open.some((task) => task.phase !== 'halted');
}

function isOpen(task: TaskState): boolean {
  return task.status === 'pending' || task.status === 'in_progress';
}

/** Of what its tasks wait for, a run shows the one that ends first. */
function showWait(run: Run, waits: Map<number, Waiting>, issue: number, waiting: Waiting | null): void {
  if (waiting) waits.set(issue, waiting);
  else if (!waits.delete(issue)) return;
  const [first = null] = [...waits.values()].sort((a, b) => (a.until ?? Infinity) - (b.until ?? Infinity));
  run.change({ waiting: first });
}
