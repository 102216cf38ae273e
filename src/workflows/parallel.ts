import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, condition, ParentClosePolicy, setHandler, startChild } from '@temporalio/workflow';
import { asFailure } from '../domain/failures.ts';
import type { RunInput, RunState, TaskSpec, TaskState, Waiting } from '../domain/run.ts';
import { issueRunId, parseRunId } from '../domain/run-id.ts';
import { failureOf, trackerTools } from './activities.ts';
import { BudgetDesk } from './budget.ts';
import { labelsReady, toItsEnd, unlessStopped } from './endings.ts';
import { issueTask } from './issue.ts';
import { budgetGranted, halt, resume, stop, taskChanged } from './messages.ts';
import { Run } from './run.ts';

type Child = ChildWorkflowHandle<typeof issueTask>;
type Children = Map<number, Child>;

/** Issues side by side, `agent.maxParallel` at all times: each a child workflow with a branch and a pull request of its own. */
export async function parallelRun(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const children: Children = new Map();
  const waits = new Map<number, Waiting>();
  setHandler(taskChanged, ({ task, waiting }) => {
    take(run, task);
    showWait(run, waits, task.issue, waiting);
  });
  const desk = new BudgetDesk(
    run,
    () => Math.min(input.settings.agent.maxParallel, run.state.tasks.filter(isOpen).length),
    (issue, allowance) => {
      children
        .get(issue)
        ?.signal(budgetGranted, allowance)
        .catch(() => {});
    },
  );
  return toItsEnd(
    async () => {
      await unlessStopped(run, labelsReady(run, trackerTools(run.context), false));
      const ended = (issue: number) => {
        showWait(run, waits, issue, null);
        desk.leave(issue);
      };
      await Promise.race([inLanes(run, children, ended), passInterruptsOn(run, children)]);
      return run.finish();
    },
    async () => {
      await condition(() => !isWorking(run));
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
      await runChild(run, children, spec);
      ended(spec.issue);
    }
  };
  const lanes = Array.from({ length: Math.min(run.input.settings.agent.maxParallel, waiting.length) }, lane);
  await Promise.all(lanes);
}

async function runChild(run: Run, children: Children, spec: TaskSpec): Promise<void> {
  const { issue } = spec;
  run.update(issue, { status: 'in_progress', startedAt: Date.now() });
  try {
    const child = await startChild(issueTask, {
      workflowId: issueRunId(parseRunId(run.input.runId)?.repoKey ?? run.input.repoName, issue),
      args: [{ ...run.input, settings: settingsNow(run), tasks: [spec] }],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `#${issue} ${spec.title}`.slice(0, 200),
    });
    children.set(issue, child);
    // A halt that came while the child was being started has reached the others only.
    if (run.interrupted) await tell([child], run.stopping ? stop : halt);
    const result = await child.result();
    for (const task of result.tasks) take(run, task);
    for (const warning of result.warnings) run.warn(warning);
  } catch (error) {
    run.update(issue, { status: 'failed', error: failureOfChild(error, issue), finishedAt: Date.now() });
  } finally {
    children.delete(issue);
  }
}

/** Budgets may have been changed by a resume since the run began. */
function settingsNow({ input, state }: Run): RunInput['settings'] {
  const { taskUsd, runUsd } = state.budget;
  return { ...input.settings, agent: { ...input.settings.agent, budgetUsd: taskUsd, runBudgetUsd: runUsd } };
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

/** Halt, resume and stop reach the children; the run is halted when the last of them has ended its agent. Never resolves. */
async function passInterruptsOn(run: Run, children: Children): Promise<never> {
  for (;;) {
    await condition(() => run.interrupted);
    if (!run.stopping) await tell(children.values(), halt);
    await condition(() => run.stopping || !isWorking(run));
    try {
      await run.checkpoint();
    } catch (error) {
      await tell(children.values(), stop);
      throw error;
    }
    const { taskUsd } = run.state.budget;
    const budgets = { taskUsd, runUsd: run.input.settings.agent.runBudgetUsd };
    await Promise.all([...children.values()].map((child) => child.signal(resume, { budgets }).catch(() => {})));
    for (const issue of children.keys()) run.update(issue, { phase: 'working' });
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

/** A child that ends in the same moment cannot be told any more, and need not. */
async function tell(children: Iterable<Child>, signal: { readonly name: string }): Promise<void> {
  const request = { reason: 'the parallel run was interrupted' };
  await Promise.all([...children].map((child) => child.signal(signal.name, request).catch(() => {})));
}
