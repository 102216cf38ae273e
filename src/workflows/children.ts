import { type ChildWorkflowHandle, condition, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RunInput, RunState, TaskSpec } from '../domain/run.ts';
import { issueRunId, parseRunId } from '../domain/run-id.ts';
import type { issueTask } from './issue.ts';
import { halt, labelsMade, resume, standingWanted, stop, workflowTypes } from './messages.ts';
import type { Run } from './run.ts';

/** A task of a parallel run that is under way, as a workflow of its own. */
interface Child {
  readonly issue: number;
  readonly handle: ChildWorkflowHandle<typeof issueTask>;
  /** How often it was told that the run's course has changed. */
  told: number;
}

export function childId({ input }: Run, issue: number): string {
  return issueRunId(parseRunId(input.runId)?.repoKey ?? input.repoName, issue);
}

/** The tasks of a parallel run that are under way. */
export class Children {
  private readonly run: Run;
  private readonly labels: Promise<void>;
  private labelsAreMade = false;
  private readonly underWay = new Map<number, Child>();

  /** `labels`: resolves when they are made, or cannot be; the first children begin beside that. */
  constructor(run: Run, labels: Promise<void>) {
    this.run = run;
    this.labels = labels.then(() => {
      this.labelsAreMade = true;
    });
    // A run that is stopped does not wait for them.
    this.labels.catch(() => {});
  }

  get areGone(): boolean {
    return this.underWay.size === 0;
  }

  /** How often the child was told that the run's course has changed; null: it is not under way. */
  told(issue: number): number | null {
    return this.underWay.get(issue)?.told ?? null;
  }

  /** Carries a task out. Whatever becomes of the run meanwhile, the child is told. */
  async carryOut(spec: TaskSpec): Promise<RunState> {
    const { run, underWay } = this;
    const { issue } = spec;
    const course = courseOf(run);
    const input = inputOf(run, spec, !this.labelsAreMade);
    const handle = await startChild<typeof issueTask>(workflowTypes.issue, {
      workflowId: childId(run, issue),
      args: [input],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `#${issue} ${spec.title}`.slice(0, 200),
    });
    const child: Child = { issue, handle, told: 0 };
    underWay.set(issue, child);
    if (input.labelsComing) this.labels.then(() => handle.signal(labelsMade)).catch(() => {});
    void this.tellItsCourse(child, course);
    try {
      return await handle.result();
    } finally {
      underWay.delete(issue);
    }
  }

  /** Tells a child of each change of the run's course, one after the other; of what has changed again meanwhile only the last. */
  private async tellItsCourse(child: Child, begunWith: Course): Promise<void> {
    const { run, underWay } = this;
    const isOver = () => !underWay.has(child.issue);
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
}

/** The run's own, but for the budgets, which a resume may have changed. */
function inputOf({ input, state }: Run, spec: TaskSpec, labelsComing: boolean): RunInput {
  const { taskUsd, runUsd } = state.budget;
  const agent = { ...input.settings.agent, budgetUsd: taskUsd, runBudgetUsd: runUsd };
  return { ...input, settings: { ...input.settings, agent }, tasks: [spec], finished: [], labelsComing };
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
