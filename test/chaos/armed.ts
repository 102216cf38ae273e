import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../e2e/support/world.ts';

const hook = new URL('./points.mjs', import.meta.url);

export interface Passed {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly pid: number;
  readonly name: string;
}

/** The named points of one trial's workers. */
export interface Points {
  /** What loads the points into workers, and arms none. */
  readonly env: Environment;
  /** The n-th time that a worker comes to this point, it is killed, or waits for `release`. Strikes once. */
  arm(point: string, occurrence: number, act: 'kill' | 'wait'): void;
  release(): void;
  /** When the armed point struck, in epoch milliseconds; null before. */
  struckAt(): number | null;
  passed(): Passed[];
}

export async function openPoints(folder: string): Promise<Points> {
  await mkdir(folder);
  const file = (name: string) => path.join(folder, name);
  return {
    env: { CHAOS_POINTS: folder, NODE_OPTIONS: `--import=${hook.href}` },
    arm: (point, occurrence, act) => writeFileSync(file('armed'), `${point} ${occurrence} ${act}`),
    release: () => writeFileSync(file('go'), ''),
    struckAt: () => (existsSync(file('struck')) ? statSync(file('struck')).mtimeMs : null),
    passed: () =>
      (existsSync(file('seen')) ? readFileSync(file('seen'), 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [at, pid, name = ''] = line.split(' ');
          return { at: Number(at), pid: Number(pid), name };
        }),
  };
}

/** How often each point was passed. */
export function timesPassed(points: Points): Map<string, number> {
  const times = new Map<string, number>();
  for (const { name } of points.passed()) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map([...times].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const hookFile = fileURLToPath(hook);
