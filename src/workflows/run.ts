import { ApplicationFailure, CancellationScope, condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Failure } from '../domain/failures.ts';
import {
  goesThroughGates,
  type RunContext,
  type RunInput,
  type RunState,
  type RunStatus,
  type TaskSpec,
  type TaskState,
  type Waiting,
} from '../domain/run.ts';
import { contextOf, newRunState, withTask } from '../domain/run-state.ts';
import { halt, progress, resume, stop, wake } from './messages.ts';
import { Shown } from './shown.ts';

interface Interrupt {
  readonly reason: string;
  readonly failure?: Failure;
  readonly force?: boolean;
}

/** Thrown out of a task when the run is to end for good; each workflow catches it at its top. */
export class RunStopped extends Error {}

/** Thrown out of a phase of a gated run that a person does not let end. */
export class PhaseCut extends Error {}

/** What a run knows and how it is told what to do: state, the signals that change its course, and what people see of it. */
export class Run {
  readonly input: RunInput;
  /** Of a part of a parallel run it is not the run's id. */
  readonly workflowId = workflowInfo().workflowId;
  readonly context: RunContext;
  state: RunState;
  private haltRequest: Interrupt | null = null;
  private stopRequest: Interrupt | null = null;
  private wakes = 0;
  /** It halts between its phases, in a way of its own. */
  readonly finishesPhases: boolean;
  /** Its halt has begun: another one changes nothing. */
  private halting = false;
  private due: Failure | null = null;
  private starts = 0;
  private readonly shown = new Shown();
  private unpublished = true;

  constructor(input: RunInput, carried: RunState | null = null) {
    this.input = input;
    this.finishesPhases = goesThroughGates(input.type);
    this.context = contextOf(input);
    this.state = carried ?? newRunState(input, Date.now());
    setHandler(progress, () => this.told(), { description: 'The whole state of the run' });
    setHandler(halt, (request) => {
      if (this.halting) return;
      const force = request.force || this.haltRequest?.force;
      this.haltRequest = { ...request, ...this.haltRequest, ...(force ? { force } : {}) };
    });
    setHandler(resume, ({ budgets } = {}) => {
      this.letGoOn();
      if (budgets) this.change({ budget: { ...this.state.budget, ...budgets } });
    });
    setHandler(wake, () => {
      this.wakes += 1;
    });
    setHandler(stop, (request) => {
      this.stopRequest ??= request;
    });
    // By the Web UI, `temporal workflow cancel`, or a parallel run that is gone: no other end than a stop.
    CancellationScope.current().cancelRequested.catch(() => {
      this.stopRequest ??= { reason: 'cancelled from outside' };
    });
    void CancellationScope.nonCancellable(() => this.showChanges());
  }

  /** A person wants the running agent to end, for now or for good. A gated run that is to halt finishes its phase. */
  get interrupted(): boolean {
    if (this.stopRequest !== null) return true;
    return this.haltRequest !== null && (!this.finishesPhases || this.forced);
  }

  /** Why a person wants it to halt; null: nobody does. */
  get haltWanted(): string | null {
    return this.haltRequest?.reason ?? null;
  }

  /** It is to end for good. */
  get stopping(): boolean {
    return this.stopRequest !== null;
  }

  /** Nobody is to wait for a step that does not let go, nor for an agent to end by itself. */
  get forced(): boolean {
    return this.haltRequest?.force ?? false;
  }

  task(issue: number): TaskState {
    const task = this.state.tasks.find((candidate) => candidate.issue === issue);
    if (!task) throw ApplicationFailure.nonRetryable(`issue ${issue} is not part of this run`);
    return task;
  }

  specOf(issue: number): TaskSpec {
    const { title, order, commitType, branch, committed } = this.task(issue);
    return { issue, title, order, commitType, branch, committed };
  }

  update(issue: number, change: Partial<TaskState>): void {
    this.change(withTask(this.state, issue, change));
  }

  change(change: Partial<RunState>): void {
    this.state = { ...this.state, ...change };
    this.unpublished = true;
  }

  warn(text: string): void {
    this.change({ warnings: [...this.state.warnings, text].slice(-20) });
  }

  /** A folder name that no other attempt of any run has: the end of a Temporal run id is random, its start is the time. */
  nextAttemptId(issue: number): string {
    this.starts += 1;
    return `${workflowInfo().runId.slice(-12)}-${issue}-${this.starts}`;
  }

  /** The same for a task that is made ready ahead, and may be made ready anew under another name. */
  attemptIdAhead(issue: number): string {
    return `${workflowInfo().runId.slice(-12)}-${issue}-${this.starts}a`;
  }

  /** Waits here while the run is halted by a person; unwinds when it is to stop. */
  async checkpoint(): Promise<void> {
    if (this.stopRequest) throw new RunStopped(this.stopRequest.reason);
    if (!this.haltRequest) return;
    if (!this.finishesPhases) return this.halted(this.haltRequest);
    if (this.forced) throw new PhaseCut(this.haltRequest.reason);
  }

  /** Halts, until somebody resumes. */
  async haltFor(failure: Failure): Promise<void> {
    this.askToHalt(failure);
    await this.halted({ reason: failure.message, failure });
  }

  /** It is to halt, and not by force any more: what is left to do before it shows that it does can be done. */
  beginHalt(reason: string): void {
    this.haltRequest = { reason };
    this.halting = true;
  }

  /** Halts where nobody has resumed it since `beginHalt`. */
  async stayHalted(): Promise<void> {
    if (this.haltRequest) await this.halted(this.haltRequest);
  }

  /** Lets a halted run go on. */
  letGoOn(): void {
    this.haltRequest = null;
    this.halting = false;
  }

  /** Halts at the next `haltIfDue`: no agent is ended for it. */
  haltSoon(failure: Failure): void {
    this.due ??= failure;
  }

  get haltDue(): Failure | null {
    return this.due;
  }

  /** Halts for what was noted by `haltSoon`, until somebody resumes. */
  async haltIfDue(): Promise<void> {
    if (this.due === null) return;
    await this.haltFor(this.due);
    this.due = null;
  }

  /** Like a person's `halt`, because of a failure. */
  askToHalt(failure: Failure): void {
    this.haltRequest ??= { reason: failure.message, failure };
  }

  /** Sleeps until somebody halts, stops or wakes the run, `isOver` holds or the time has come; shows why. */
  async wait({ reason, until }: Waiting, isOver: () => boolean = () => false): Promise<void> {
    if (until !== null && until <= Date.now()) return;
    const { wakes } = this;
    this.change({ waiting: { reason, until } });
    const isAwake = () => this.interrupted || this.wakes !== wakes || isOver();
    if (until === null) await condition(isAwake);
    else await condition(isAwake, until - Date.now());
    this.change({ waiting: null });
  }

  /** A halt that waits for what runs is no change of the run yet: who asks is told of it. */
  private told(): RunState {
    const { state, haltRequest } = this;
    return haltRequest === null || state.status !== 'running' ? state : { ...state, halting: haltRequest.reason };
  }

  finish(status: RunStatus = 'finished'): RunState {
    this.change({ status, finishedAt: Date.now(), halt: null, waiting: null });
    this.publish();
    return this.state;
  }

  private async halted({ reason, failure }: Interrupt): Promise<void> {
    const tasks = this.state.tasks.map((task) =>
      task.status === 'in_progress' ? { ...task, phase: 'halted' as const } : task,
    );
    this.change({ status: 'halted', halt: { reason, failure: failure ?? null, at: Date.now() }, tasks });
    await condition(() => this.haltRequest === null || this.stopRequest !== null);
    if (this.stopRequest) throw new RunStopped(this.stopRequest.reason);
    this.change({ status: 'running', halt: null, tasks: this.state.tasks.map(goingOn) });
  }

  // Each showing is an event in the history and a write to the server's list of runs, so what changes in one go is shown
  // once: conditions are looked at when all that the server has told is worked off.
  private async showChanges(): Promise<void> {
    for (;;) {
      await condition(() => this.unpublished);
      this.publish();
    }
  }

  private publish(): void {
    if (!this.unpublished) return;
    this.unpublished = false;
    this.shown.publish(this.state);
  }
}

/** Nobody who asks is to take it for halted any more. */
function goingOn(task: TaskState): TaskState {
  return task.phase === 'halted' ? { ...task, phase: 'preparing' } : task;
}
