import { CancellationScope, condition } from '@temporalio/workflow';
import type { TrackerWrite } from '../activities/contract.ts';

/** `alone`: it was the only one and was not tried. `failed`: it was, and may have been written or not. */
export type Written = 'written' | 'failed' | 'alone';

interface Due {
  readonly write: TrackerWrite;
  readonly tell: (written: Written) => void;
}

interface TogetherOptions {
  readonly step: (writes: readonly TrackerWrite[]) => Promise<readonly boolean[]>;
  /** Milliseconds from one step to the next, in which writes gather; 0: none are held back. */
  readonly restMs: number;
  /** Whether nothing is to be held back now. */
  readonly isUrgent: () => boolean;
}

/**
 * Makes the writes that are due in the same moment, such as a task's result and the start of the next one, in one step,
 * and where tasks take less than a moment those of several.
 */
export class WritesTogether {
  private readonly options: TogetherOptions;
  private due: Due[] = [];
  /** Of the last step, and of the one before it. */
  private steppedAt = 0;
  private earlierAt = 0;
  /** How many wait for all that is due. */
  private waiting = 0;

  constructor(options: TogetherOptions) {
    this.options = options;
    void CancellationScope.nonCancellable(() => this.makeWhatIsDue());
  }

  write(write: TrackerWrite): Promise<Written> {
    return new Promise((tell) => {
      this.due.push({ write, tell });
    });
  }

  /** Nothing is held back as long as somebody waits. */
  async atOnce<T>(wait: Promise<T>): Promise<T> {
    this.waiting += 1;
    try {
      return await wait;
    } finally {
      this.waiting -= 1;
    }
  }

  // Conditions are looked at when all that the server has told is worked off.
  private async makeWhatIsDue(): Promise<void> {
    for (;;) {
      await condition(() => this.due.length > 0);
      if (this.options.restMs > 0) await this.rest();
      const { due } = this;
      this.due = [];
      this.earlierAt = this.steppedAt;
      this.steppedAt = Date.now();
      if (due.length === 1) due[0]?.tell('alone');
      else void this.make(due);
    }
  }

  /** A timer costs as much as a step: there is none but where steps would follow each other all the time. */
  private async rest(): Promise<void> {
    const { restMs, isUrgent } = this.options;
    const ms = this.steppedAt + restMs - Date.now();
    const isDense = this.steppedAt - this.earlierAt < 2 * restMs && ms > restMs / 2;
    if (isDense) await condition(() => this.waiting > 0 || isUrgent(), ms);
  }

  private async make(due: readonly Due[]): Promise<void> {
    const written = await this.options.step(due.map(({ write }) => write)).catch(() => []);
    for (const [index, { tell }] of due.entries()) tell(written[index] ? 'written' : 'failed');
  }
}
