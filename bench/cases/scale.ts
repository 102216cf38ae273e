import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { World } from '../../test/e2e/support/world.ts';
import { historiesOf } from '../history.ts';
import { type Span, watchMachine } from '../machine.ts';
import { median, memoryOf, timed } from '../measure.ts';
import { boundRow, ms, type Row, ratioRow, times } from '../row.ts';
import { keeperOf, makeStage, type Stage } from '../stage.ts';
import { megabytes } from './memory.ts';

export interface ScaleFigures {
  readonly tasks: number;
  readonly seconds: number;
  /** Milliseconds from one agent's start to the next one's, in the first tenth (once all lanes are taken) and the last. */
  readonly first: number;
  readonly last: number;
  /** How much slower the machine itself was in the last tenth: minutes lie between. */
  readonly machine: number;
  /** Peak of the worker's resident memory, in MB. */
  readonly workerPeak: number;
  /** Of the longest history of any of the run's workflows. */
  readonly events: number;
  /** What the server's database grew by, in kB for each task. */
  readonly databasePerTask: number;
}

/** A sprint of so many issues, on a server and a worker of its own. */
export async function measureLargeSprint(world: World, tasks: number): Promise<ScaleFigures> {
  const stage = await makeStage(world, { issues: tasks, sprint: true });
  return measureLarge(world, stage, { args: ['run', '--sprint', 'S'], lanes: 1 });
}

/** So many issues side by side, `lanes` at a time. */
export async function measureLargeParallel(world: World, tasks: number, lanes: number): Promise<ScaleFigures> {
  const stage = await makeStage(world, { issues: tasks, agent: { maxParallel: lanes } });
  return measureLarge(world, stage, { args: ['run', ...stage.issues.map(String)], lanes });
}

/** One sprint in each of so many repositories at once. Milliseconds for each task of all. */
export async function measureManyRuns(world: World, runs: number, tasks: number): Promise<number> {
  const stages: Stage[] = [];
  for (let run = 0; run < runs; run += 1) stages.push(await makeStage(world, { issues: tasks, sprint: true }));
  const ms = await timed(() => Promise.all(stages.map((stage) => stage.locus('run', '--sprint', 'S'))));
  return ms / (runs * tasks);
}

interface LargeRun {
  readonly args: readonly string[];
  readonly lanes: number;
}

async function measureLarge(world: World, stage: Stage, { args, lanes }: LargeRun): Promise<ScaleFigures> {
  await world.locus(['down'], { cwd: world.folder });
  await (await makeStage(world, { issues: 1 })).locus('run', '1');
  const before = await databaseSize(world);
  const machine = watchMachine();
  const ms = await stage.locus(...args).finally(machine.end);
  const tasks = stage.issues.length;
  const { github } = stage.repository;
  const done = github.state().issues.filter(({ labels }) => labels.some(({ name }) => name === 'locus:done')).length;
  if (done !== tasks) throw new Error(`${done} of ${tasks} issues are done`);
  const { address, namespace, worker } = await keeperOf(world);
  const told = await historiesOf(address, namespace, `locus/${github.owner}/${github.repo}/`);
  const starts = await stage.starts();
  const tenth = Math.floor(tasks / 10);
  // The first agents start all at once, as many as there may be; from then on one starts where another has ended.
  const steady = lanes > 1 ? lanes : 0;
  const [first, last] = [starts.slice(steady, steady + tenth), starts.slice(-tenth)];
  return {
    tasks,
    seconds: ms / 1000,
    first: paceOf(first),
    last: paceOf(last),
    machine: machine.slowdown(spanOf(first), spanOf(last)),
    workerPeak: memoryOf(worker?.pid ?? 0).peak,
    events: Math.max(...told.map(({ events }) => events)),
    databasePerTask: ((await databaseSize(world)) - before) / 1024 / tasks,
  };
}

function spanOf(starts: readonly number[]): Span {
  return [starts[0] ?? 0, starts.at(-1) ?? 0];
}

function paceOf(starts: readonly number[]): number {
  const [from, to] = spanOf(starts);
  return (to - from) / (starts.length - 1);
}

async function databaseSize({ stateDir }: World): Promise<number> {
  const files = ['temporal.db', 'temporal.db-wal'].map((name) => path.join(stateDir, name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The run whose tasks at the end are the middle ones beside its first. */
export function middleOf(runs: readonly ScaleFigures[]): ScaleFigures {
  const middle = median(runs.map(slowedBy));
  const found = runs.find((run) => slowedBy(run) === middle);
  if (found === undefined) throw new Error('there is no middle of no runs');
  return found;
}

export function eachRow(name: string, runs: readonly ScaleFigures[]): Row {
  const sorted = [...runs].sort((a, b) => slowedBy(a) - slowedBy(b));
  const each = (ratio: (run: ScaleFigures) => number) => sorted.map((run) => times(ratio(run))).join(', ');
  return {
    what: `${name}s: a task at the end, in each of ${runs.length}`,
    seen: each(slowedBy),
    beside: `by the clock alone ${each(byTheClock)}`,
  };
}

function byTheClock({ first, last }: ScaleFigures): number {
  return last / first;
}

/** Beside what the machine itself was slowed by. */
function slowedBy(figures: ScaleFigures): number {
  return byTheClock(figures) / figures.machine;
}

export function scaleRows(name: string, figures: ScaleFigures): Row[] {
  const { tasks, seconds, first, last, machine, workerPeak, events, databasePerTask } = figures;
  return [
    { what: `${name} of ${tasks}: all done`, seen: `${seconds.toFixed(0)} s` },
    ratioRow(`${name} of ${tasks}: a task at the end`, {
      ours: last,
      beside: `the ${ms(first)} at the beginning: by the clock ${times(byTheClock(figures))}, of that the machine's own ${times(machine)}`,
      ratio: slowedBy(figures),
      atMost: 1.2,
    }),
    boundRow(`${name} of ${tasks}: worker's memory, peak`, workerPeak, 400, megabytes),
    boundRow(`${name} of ${tasks}: events of its longest history`, events, 10_000, String),
    { what: `${name} of ${tasks}: database a task`, seen: `${databasePerTask.toFixed(1)} kB` },
  ];
}
