import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const work = fileURLToPath(new URL('./machine.sh', import.meta.url));

/** From and to, in milliseconds since the epoch. */
export type Span = readonly [number, number];

interface Sample {
  readonly at: number;
  readonly pieces: number;
  readonly ticks: number;
}

/** A machine whose speed may change while something is measured on it. */
export interface WatchedMachine {
  /** How many times as much processor time the same work has taken in `later` as in `earlier`; 1 of spans too short to tell. */
  slowdown(earlier: Span, later: Span): number;
  end(): void;
}

/** Does a small piece of work five times a second, which takes a twentieth of a core. */
export function watchMachine(): WatchedMachine {
  const samples: Sample[] = [];
  const worker = spawn('bash', [work], { stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface({ input: worker.stdout }).on('line', (line) => {
    const [seconds = 0, pieces = 0, ticks = 0] = line.split(' ').map(Number);
    samples.push({ at: seconds * 1000, pieces, ticks });
  });
  return {
    slowdown(earlier, later) {
      if (samples.length === 0) throw new Error('the machine was not watched: does `bash bench/machine.sh` work?');
      const [before, after] = [costIn(samples, earlier), costIn(samples, later)];
      return before && after ? after / before : 1;
    },
    end: () => worker.stdin.end(),
  };
}

/** Of one piece, in ticks. */
function costIn(samples: readonly Sample[], [from, to]: Span): number | null {
  const within = samples.filter(({ at }) => at >= from && at <= to);
  const [first, last] = [within[0], within.at(-1)];
  if (!first || !last || first === last) return null;
  return (last.ticks - first.ticks) / (last.pieces - first.pieces);
}
