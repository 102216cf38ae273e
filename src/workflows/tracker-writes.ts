import { condition, isCancellation, patched, sleep } from '@temporalio/workflow';
import type { TrackerWrite } from '../activities/contract.ts';
import { failureOf, togetherTools } from './activities.ts';
import type { Run } from './run.ts';
import { WritesTogether } from './writes-together.ts';

const againMs = 10_000;
/** So long after its last word the tracker is told the next one, where tasks follow each other much faster. */
const restMs = 1000;

/** `again`: it may have been made before. */
type Write = (again: boolean) => Promise<void>;

/**
 * Tracker writes that nothing waits for: one ordered chain per issue, chains of different issues side by side. A write
 * that is refused for good is a warning of the run and does not stop the ones behind it; one whose token is refused halts
 * the run at its next boundary, and is made when somebody has resumed it with another.
 */
export class TrackerWrites {
  private readonly ready: Promise<void>;
  private readonly run: Run;
  private waiting = 0;
  private readonly chains = new Map<number, Promise<void>>();
  private readonly together: WritesTogether | null;

  constructor(run: Run, ready: Promise<void>) {
    this.run = run;
    this.ready = ready;
    // Told where it is waited for; a run that is cancelled before that must not trip over it.
    ready.catch(() => {});
    const { input, context } = run;
    const step = (writes: readonly TrackerWrite[]) =>
      togetherTools(context).writeTogether.executeWithOptions({ summary: summaryOf(writes) }, [context, writes]);
    const isJoined = input.type === 'sprint' && patched('tracker-writes-together');
    const isUrgent = () => run.haltWanted !== null || run.stopping;
    this.together = isJoined
      ? new WritesTogether({ step, restMs: patched('tracker-writes-rest') ? restMs : 0, isUrgent })
      : null;
  }

  /** `asked`: the same as data, where it may be made in one step with others. */
  add(issue: number, write: Write, asked?: TrackerWrite): void {
    const before = this.chains.get(issue) ?? this.ready;
    this.waiting += 1;
    this.chains.set(
      issue,
      before
        .then(() =>
          this.together && asked ? this.made(this.together, write, asked) : this.untilAccepted(write, false),
        )
        .catch((error: unknown) => this.run.warn(`#${issue}: ${failureOf(error).message}`))
        .finally(() => {
          this.waiting -= 1;
        }),
    );
  }

  private async made(together: WritesTogether, write: Write, asked: TrackerWrite): Promise<void> {
    const written = await together.write(asked);
    if (written !== 'written') await this.untilAccepted(write, written === 'failed');
  }

  private async untilAccepted(write: Write, again: boolean): Promise<void> {
    const { run } = this;
    for (;;) {
      try {
        return await write(again);
      } catch (error) {
        const failure = isCancellation(error) ? null : failureOf(error);
        if (failure?.type !== 'CredentialsRefused' || run.stopping) throw error;
        // A gated run halts for what its loop is about alone; the next command hands a token over all the same.
        if (run.finishesPhases) await sleep(againMs);
        else {
          run.haltSoon(failure);
          await condition(() => run.haltDue === null || run.stopping);
        }
      }
    }
  }

  /** Whether everything is written, or after a while not: where a person is to act, a tracker that is down must not hide it. */
  async settle(seconds = 20): Promise<boolean> {
    return this.atOnce(condition(() => this.waiting === 0, seconds * 1000));
  }

  /** Resolves when everything added so far is written or refused. */
  async drain(): Promise<void> {
    await this.atOnce(Promise.all([this.ready, ...this.chains.values()]));
    this.chains.clear();
  }

  /** What somebody waits for is not held back to go with others. */
  private atOnce<T>(wait: Promise<T>): Promise<T> {
    return this.together ? this.together.atOnce(wait) : wait;
  }
}

function summaryOf(writes: readonly TrackerWrite[]): string {
  const what = (write: TrackerWrite) => (write.kind === 'markStarted' ? 'in progress' : write.change.kind);
  return writes.map((write) => `#${write.change.issue} ${what(write)}`).join(', ');
}
