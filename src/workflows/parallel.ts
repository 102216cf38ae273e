import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, condition, ParentClosePolicy, setHandler, startChild } from '@temporalio/workflow';
import { asFailure } from '../domain/failures.ts';
import type { RunInput, RunState, TaskSpec, TaskState } from '../domain/run.ts';
import { issueRunId, parseRunId } from '../domain/run-id.ts';
import { claimTools, failureOf } from './activities.ts';
import { labelsReady, toItsEnd, unlessStopped } from './endings.ts';
import { issueTask } from './issue.ts';
import { halt, resume, stop, taskChanged } from './messages.ts';
import { Run } from './run.ts';

type Child = ChildWorkflowHandle<typeof issueTask>;
type Children = Map<number, Child>;

/** Issues side by side, `agent.maxParallel` at all times: each a child workflow with a branch and a pull request of its own. */
export async function parallelRun(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const children: Children = new Map();
  setHandler(taskChanged, (task) => take(run, task));
  const tools = await claimTools(run.context);
  return toItsEnd(
    async () => {
      await unlessStopped(run, labelsReady(run, tools, false));
      await Promise.race([inLanes(run, children), passInterruptsOn(run, children)]);
      return run.finish();
    },
    async () => {
      await condition(() => !isWorking(run));
      return run.finish('stopped');
    },
  );
}

/** Each lane takes the next issue when its child has ended. */
async function inLanes(run: Run, children: Children): Promise<void> {
  const waiting = [...run.input.tasks];
  const lane = async (): Promise<void> => {
    for (;;) {
      await condition(() => !run.interrupted);
      const spec = waiting.shift();
      if (!spec) return;
      await runChild(run, children, spec);
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
      args: [{ ...run.input, tasks: [spec] }],
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
    await tell(children.values(), resume);
    for (const issue of children.keys()) run.update(issue, { phase: 'working' });
  }
}

/** Whether a task is under way that no halt has reached. */
function isWorking({ stopping, state }: Run): boolean {
  const open = state.tasks.filter((task) => task.status === 'in_progress');
  return stopping ? open.length > 0 : open.some((task) => task.phase !== 'halted');
}

/** A child that ends in the same moment cannot be told any more, and need not. */
async function tell(children: Iterable<Child>, signal: { readonly name: string }): Promise<void> {
  const request = { reason: 'the parallel run was interrupted' };
  await Promise.all([...children].map((child) => child.signal(signal.name, request).catch(() => {})));
}
