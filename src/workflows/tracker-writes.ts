import { condition } from '@temporalio/workflow';

/**
 * Tracker writes that nothing waits for: one ordered chain per issue, chains of different issues side by side. A write
 * that is refused for good is told to `warn` and does not stop the ones behind it.
 */
export class TrackerWrites {
  private readonly ready: Promise<void>;
  private readonly warn: (issue: number, error: unknown) => void;
  private waiting = 0;
  private readonly chains = new Map<number, Promise<void>>();

  constructor(ready: Promise<void>, warn: (issue: number, error: unknown) => void) {
    this.ready = ready;
    // Told where it is waited for; a run that is cancelled before that must not trip over it.
    ready.catch(() => {});
    this.warn = warn;
  }

  add(issue: number, write: () => Promise<void>): void {
    const before = this.chains.get(issue) ?? this.ready;
    this.waiting += 1;
    this.chains.set(
      issue,
      before
        .then(write)
        .catch((error: unknown) => this.warn(issue, error))
        .finally(() => {
          this.waiting -= 1;
        }),
    );
  }

  /** Whether everything is written, or after a while not: where a person is to act, a tracker that is down must not hide it. */
  async settle(seconds = 20): Promise<boolean> {
    return condition(() => this.waiting === 0, seconds * 1000);
  }

  /** Resolves when everything added so far is written or refused. */
  async drain(): Promise<void> {
    await Promise.all([this.ready, ...this.chains.values()]);
    this.chains.clear();
  }
}
