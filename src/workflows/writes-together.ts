import { CancellationScope, condition } from '@temporalio/workflow';
import type { TrackerWrite } from '../activities/contract.ts';

/** `alone`: it was the only one and was not tried. `failed`: it was, and may have been written or not. */
export type Written = 'written' | 'failed' | 'alone';

interface Due {
  readonly write: TrackerWrite;
  readonly tell: (written: Written) => void;
}

/** Makes the writes that are due in the same moment, such as a task's result and the start of the next one, in one step. */
export class WritesTogether {
  private readonly step: (writes: readonly TrackerWrite[]) => Promise<readonly boolean[]>;
  private due: Due[] = [];

  constructor(step: (writes: readonly TrackerWrite[]) => Promise<readonly boolean[]>) {
    this.step = step;
    void CancellationScope.nonCancellable(() => this.makeWhatIsDue());
  }

  write(write: TrackerWrite): Promise<Written> {
    return new Promise((tell) => {
      this.due.push({ write, tell });
    });
  }

  // Conditions are looked at when all that the server has told is worked off.
  private async makeWhatIsDue(): Promise<void> {
    for (;;) {
      await condition(() => this.due.length > 0);
      const { due } = this;
      this.due = [];
      if (due.length === 1) due[0]?.tell('alone');
      else void this.make(due);
    }
  }

  private async make(due: readonly Due[]): Promise<void> {
    const written = await this.step(due.map(({ write }) => write)).catch(() => []);
    for (const [index, { tell }] of due.entries()) tell(written[index] ? 'written' : 'failed');
  }
}
