import { nextStep } from '../domain/next-step.ts';
import type { Run } from './run.ts';

/** Finished work on its way to the remote, one task's at a time, while the next task is made ready. */
export class Deliveries {
  private readonly run: Run;
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
