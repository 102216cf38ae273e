import type { Ask, Question } from '../../domain/gated/run-input.ts';

/** What asks people, and does not count the time in which it waits for them. */
export abstract class Asking {
  protected question: Question | null = null;
  private questions = 0;
  /** Milliseconds so far that do not count towards the timeout. */
  protected excludedMs = 0;
  private take: (value: string) => void = () => {};

  abstract show(): void;

  get asked(): Question | null {
    return this.question;
  }

  /** Asks a person; `take` is given the answer, once. null: nothing is asked any more. */
  ask(question: Ask | null, take: (value: string) => void = () => {}): void {
    if (question !== null) this.questions += 1;
    this.question = question && { number: this.questions, ...question };
    this.take = take;
    this.show();
  }

  answered(value: string): void {
    const { take } = this;
    this.ask(null);
    take(value);
  }

  /** Time that does not count: a person, or a provider's limit, is waited for. */
  async outsideOfTime<T>(waiting: Promise<T>): Promise<T> {
    const since = Date.now();
    try {
      return await waiting;
    } finally {
      this.excludedMs += Date.now() - since;
      this.show();
    }
  }

  protected now(): string {
    return new Date(Date.now()).toISOString();
  }
}
