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
}

/**
 * Makes the writes that are due in the same moment, such as a task's result and the start of the next one, in one step,
 * and where tasks take less than a moment those of several.
 */
export class WritesTogether {
  private readonly options: TogetherOptions;
  private due: Due[] = [];
  private steppedAt = 0;
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
      await this.rest();
      const { due } = this;
      this.due = [];
      this.steppedAt = Date.now();
      if (due.length === 1) due[0]?.tell('alone');
      else void this.make(due);
    }
  }

  /** A timer costs two events: where tasks take their time there is none. */
  private async rest(): Promise<void> {
    const ms = this.steppedAt + this.options.restMs - Date.now();
    if (ms > 0) await condition(() => this.waiting > 0, ms);
  }

  private async make(due: readonly Due[]): Promise<void> {
    const written = await this.options.step(due.map(({ write }) => write)).catch(() => []);
    for (const [index, { tell }] of due.entries()) tell(written[index] ? 'written' : 'failed');
  }
}
