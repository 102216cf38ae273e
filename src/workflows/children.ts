import { type ChildWorkflowHandle, condition, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RunInput, RunState, TaskSpec } from '../domain/run.ts';
import { issueRunId, parseRunId } from '../domain/run-id.ts';
import type { issueTask } from './issue.ts';
import { halt, resume, standingWanted, stop, workflowTypes } from './messages.ts';
import type { Run } from './run.ts';

/** A task of a parallel run that is under way, as a workflow of its own. */
export interface Child {
  readonly issue: number;
  readonly handle: ChildWorkflowHandle<typeof issueTask>;
  /** How often it was told that the run's course has changed. */
  told: number;
}

/** By issue. */
export type Children = Map<number, Child>;

export function childId({ input }: Run, issue: number): string {
  return issueRunId(parseRunId(input.runId)?.repoKey ?? input.repoName, issue);
}

/** Carries a task out. Whatever becomes of the run meanwhile, the child is told. */
export async function runChild(run: Run, children: Children, spec: TaskSpec): Promise<RunState> {
  const { issue } = spec;
  const course = courseOf(run);
  const handle = await startChild<typeof issueTask>(workflowTypes.issue, {
    workflowId: childId(run, issue),
    args: [inputOf(run, spec)],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `#${issue} ${spec.title}`.slice(0, 200),
  });
  const child: Child = { issue, handle, told: 0 };
  children.set(issue, child);
  void tellItsCourse(run, children, child, course);
  try {
    return await handle.result();
  } finally {
    children.delete(issue);
  }
}

/** The run's own, but for the budgets, which a resume may have changed. */
function inputOf({ input, state }: Run, spec: TaskSpec): RunInput {
  const { taskUsd, runUsd } = state.budget;
  const agent = { ...input.settings.agent, budgetUsd: taskUsd, runBudgetUsd: runUsd };
  return { ...input, settings: { ...input.settings, agent }, tasks: [spec], finished: [] };
}

/** Tells a child of each change of the run's course, one after the other; of what has changed again meanwhile only the last. */
async function tellItsCourse(run: Run, children: Children, child: Child, begunWith: Course): Promise<void> {
  const isOver = () => !children.has(child.issue);
  // One that ends in the same moment cannot be told any more, and need not.
  const tell = (name: string, what: object | number) => child.handle.signal(name, what).catch(() => {});
  for (let course = begunWith; ; ) {
    await condition(() => isOver() || JSON.stringify(courseOf(run)) !== JSON.stringify(course));
    if (isOver()) return;
    course = courseOf(run);
    child.told += 1;
    if (!run.interrupted && run.task(child.issue).phase === 'halted') run.update(child.issue, { phase: 'preparing' });
    for (const { signal, request } of course) await tell(signal, request);
    await tell(standingWanted.name, child.told);
  }
}

type Course = readonly { readonly signal: string; readonly request: object }[];

/** What a run wants of its children now, as they are told it. */
function courseOf(run: Run): Course {
  const reason = 'the parallel run was interrupted';
  const halting = { signal: halt.name, request: { reason, force: run.forced } };
  // With a stop, too, somebody may lose patience.
  if (run.stopping) return [...(run.forced ? [halting] : []), { signal: stop.name, request: { reason } }];
  if (run.interrupted) return [halting];
  const { taskUsd, runUsd } = run.state.budget;
  return [{ signal: resume.name, request: { budgets: { taskUsd, runUsd } } }];
}
