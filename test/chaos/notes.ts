import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildStamp } from '../../src/server/version.ts';
import type { Trial } from './plan.ts';
import type { Result } from './trial.ts';

type Noted = Pick<Result, 'findings' | 'recoveryMs' | 'seconds' | 'kept'> & {
  readonly row: string;
  readonly seed: number;
};

/** A full run takes an hour: one that was cut off is gone on with, while Locus is the same. */
export class Notes {
  private readonly file = path.join(tmpdir(), `locus-chaos-${buildStamp()}.ndjson`);

  /** What became of these trials in the run that was cut off. */
  resultsOf(trials: readonly Trial[]): Result[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').trim().split('\n');
    const noted = lines.map((line): Noted => JSON.parse(line));
    return noted.flatMap(({ row, seed, ...result }) => {
      const trial = trials.find((one) => one.row.id === row && one.seed === seed);
      return trial ? [{ ...result, trial, passed: new Map() }] : [];
    });
  }

  add({ trial: { row, seed }, findings, recoveryMs, seconds, kept }: Result): void {
    const noted: Noted = { row: row.id, seed, findings, recoveryMs, seconds, kept };
    appendFileSync(this.file, `${JSON.stringify(noted)}\n`);
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }
}
