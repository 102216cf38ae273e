import type { AttemptRequest, PreparedTask, PrepareRequest } from '../activities/contract.ts';
import { nextStep } from '../domain/next-step.ts';
import { giveBack } from './attempt.ts';
import { asReady, type Ready, requestAhead } from './ready.ts';
import type { Run } from './run.ts';

/** The next task, made ready in the step that made the work of the one before it. */
interface Ahead {
  readonly issue: number;
  readonly attemptId: string;
  readonly prepared: PreparedTask;
  /** Workflow time: it is made use of at once, or not at all. */
  readonly at: number;
}

/** Finished work on its way to the remote, one task's at a time, while the next task is made ready. */
export class Deliveries {
  private readonly run: Run;
  private ahead: Ahead | null = null;
  private current: { readonly issue: number; readonly arrival: Promise<void> } | null = null;

  constructor(run: Run) {
    this.run = run;
  }

  /** The issue whose work is on its way; null: none is. */
  get issue(): number | null {
    return this.current?.issue ?? null;
  }

  /** Whether the next task may be made ready meanwhile: not where that makes the very commits anew, or another host's go on. */
  get besideNext(): boolean {
    const { type, source, settings } = this.run.input;
    return type === 'sprint' && source.kind === 'checkout' && settings.agent.updateWith === 'merge';
  }

  /** What the step of an agent goes on with once its work is made. */
  afterwards(issue: number): AttemptRequest['afterwards'] {
    const { state, input } = this.run;
    if (input.type === 'issue' && input.source.kind === 'checkout') return { push: input.remote !== null, next: null };
    if (!this.besideNext) return undefined;
    const others = state.tasks.filter((task) => task.issue !== issue);
    const step = nextStep(others, input.settings.sprint.stopOnFailure);
    const isNew = step.kind === 'work' && this.run.task(step.issue).commit === null;
    return { push: input.remote !== null, next: isNew ? requestAhead(this.run, step.issue) : null };
  }

  keepAhead({ task, permit }: PrepareRequest, prepared: PreparedTask): void {
    this.ahead = { issue: task.issue, attemptId: permit.attemptId, prepared, at: Date.now() };
  }

  /** The task as it was made ready ahead, null where its issue was closed; undefined: it was not. */
  takeAhead(issue: number): Ready | null | undefined {
    const { ahead, run } = this;
    if (ahead?.issue !== issue || ahead.at !== Date.now()) {
      void this.dropAhead();
      return undefined;
    }
    this.ahead = null;
    return asReady(run, issue, ahead.attemptId, ahead.prepared);
  }

  /** Something else came first: its workspace may be another by now. */
  async dropAhead(): Promise<void> {
    const { ahead } = this;
    this.ahead = null;
    if (ahead?.prepared.kind !== 'ready') return;
    await giveBack(this.run, { attemptId: ahead.attemptId, permit: ahead.prepared.permit }).catch(() => {});
  }

  begin(issue: number, delivery: Promise<void>): void {
    const arrival = delivery.finally(() => {
      this.current = null;
    });
    // Told to those who wait for it.
    arrival.catch(() => {});
    this.current = { issue, arrival };
  }

  /** Waits until nothing is on its way. False where the sprint is to halt for what could not be delivered. */
  async arrived(): Promise<boolean> {
    await this.current?.arrival;
    const { state, input } = this.run;
    return input.type !== 'sprint' || nextStep(state.tasks, input.settings.sprint.stopOnFailure).kind !== 'halt';
  }
}
