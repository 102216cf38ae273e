import { randomOf } from './random.ts';
import type { Row } from './rows.ts';
import { engineRows } from './rows-engine.ts';
import { machineRows } from './rows-machine.ts';
import { personRows } from './rows-person.ts';
import { trackerRows } from './rows-tracker.ts';
import { workerRows } from './rows-worker.ts';
import { type Shape, shapes } from './shapes.ts';

/** What a run passes when nothing goes wrong: each named point, and how often. */
export type Rehearsal = ReadonlyMap<string, number>;
export type Rehearsals = Readonly<Record<Shape['name'], Rehearsal>>;

export interface Trial {
  readonly row: Row;
  readonly seed: number;
  readonly shape: Shape;
  readonly point: { readonly name: string; readonly occurrence: number } | null;
}

/** A run that nothing happens to. */
export const control: Row = {
  id: 'none',
  fault: 'nothing (control)',
  full: 2,
  quick: 2,
  clock: 'none',
  strike: async () => null,
};

export const rows: readonly Row[] = [
  control,
  ...workerRows,
  ...engineRows,
  ...machineRows,
  ...trackerRows,
  ...personRows,
];

/** The trials of a row. The same seed makes the same trial. */
export function trialsOf(row: Row, rehearsals: Rehearsals, quick: boolean): Trial[] {
  const longest = Math.max(...Object.values(rehearsals).map((rehearsal) => pointsOf(rehearsal).length));
  const full = row.full === 'points' ? shapes.length * longest : row.full;
  return Array.from({ length: quick ? row.quick : full }, (_, seed) => trialOf(row, seed, rehearsals, quick));
}

export function trialOf(row: Row, seed: number, rehearsals: Rehearsals, quick: boolean): Trial {
  const shape = row.shape ?? shapes[(seed + (quick ? row.id.length : 0)) % shapes.length];
  if (!shape) throw new Error('there is no shape');
  return { row, seed, shape, point: pointOf(row, seed, { shape, rehearsal: rehearsals[shape.name] }, quick) };
}

function pointOf(
  row: Row,
  seed: number,
  { shape, rehearsal }: { readonly shape: Shape; readonly rehearsal: Rehearsal },
  quick: boolean,
): Trial['point'] {
  if (!row.id.endsWith('-point')) return null;
  const random = randomOf(seed + 1000 * row.id.length);
  const names = pointsOf(rehearsal);
  const inTurn = row.full === 'points' ? names[Math.floor(seed / shapes.length) % names.length] : random.pick(names);
  const name = (quick ? row.quickPoints?.[seed] : inTurn) ?? names[0] ?? '';
  const times = name.startsWith('git.push.') ? shape.pushes : (rehearsal.get(name) ?? 1);
  return { name, occurrence: random.whole(1, times) };
}

/** Nothing has been done when a step begins: only an agent's is a point of its own. */
function pointsOf(rehearsal: Rehearsal): string[] {
  return [...rehearsal.keys()].filter((name) => !name.endsWith('.begin') || name === 'activity.runAgent.begin');
}
