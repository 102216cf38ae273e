import type { World } from '../../test/e2e/support/world.ts';
import { historiesOf, type Told } from '../history.ts';
import { cpuBelow, cpuOf, median, repeat } from '../measure.ts';
import { boundRow, ms, type Row, table, times } from '../row.ts';
import { keeperOf, makeStage } from '../stage.ts';

export interface SprintOptions {
  readonly latencyMs: number;
  readonly issues: number;
  readonly rounds: number;
}

interface Measured {
  /** Milliseconds: from one agent's start to the next one's, and the whole command by the number of its tasks. */
  readonly task: number;
  readonly whole: number;
}

/** A sprint beside the bare loop, in turn. Times are medians over the rounds. */
export interface SprintFigures extends SprintOptions {
  readonly ours: Measured;
  readonly bare: Measured;
  /** Medians of the ratios, round by round. */
  readonly ratio: Measured;
  /** Requests to the tracker for each task, those of the run itself left out. */
  readonly calls: number;
  readonly cpu: CpuShares;
  readonly told: Told;
}

/** Processor time for each task, in milliseconds. */
export interface CpuShares {
  readonly server: number;
  readonly worker: number;
  /** git, the agent, its host, and the launcher of them all. */
  readonly children: number;
}

export async function measureSprint(world: World, options: SprintOptions): Promise<SprintFigures> {
  const rounds = await repeat(options.rounds, async () => {
    const bare = await oneSprint(world, options, 'bare');
    const ours = await oneSprint(world, options, 'ours');
    return { bare, ours };
  });
  const middle = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  const last = rounds.at(-1)?.ours;
  if (!last?.cpu || !last.told) throw new Error('nothing was measured');
  return {
    ...options,
    ours: { task: middle(({ ours }) => ours.task), whole: middle(({ ours }) => ours.whole) },
    bare: { task: middle(({ bare }) => bare.task), whole: middle(({ bare }) => bare.whole) },
    ratio: {
      task: middle(({ ours, bare }) => ours.task / bare.task),
      whole: middle(({ ours, bare }) => ours.whole / bare.whole),
    },
    calls: middle(({ ours }) => ours.calls),
    cpu: last.cpu,
    told: last.told,
  };
}

async function oneSprint(world: World, { issues, latencyMs }: SprintOptions, whose: 'ours' | 'bare') {
  const stage = await makeStage(world, { issues, sprint: true, latencyMs });
  const { github } = stage.repository;
  const before = whose === 'ours' ? await cpuNow(world) : null;
  const ms = whose === 'ours' ? await stage.locus('run', '--sprint', 'S') : await stage.bareLoop();
  const after = whose === 'ours' ? await cpuNow(world) : null;
  const starts = await stage.starts();
  const [first = 0, last = 0] = [starts[0], starts.at(-1)];
  if (starts.length !== issues || github.state().pulls.length !== 1) throw new Error('not all of it was done');
  const { log } = github;
  // Pull requests are numbered, and labelled, like issues.
  const isOfTask = (path: string) => stage.issues.includes(Number(/\/issues\/(\d+)/.exec(path)?.[1]));
  const ofTasks = log.filter(({ path }) => isOfTask(path)).length;
  const { address, namespace } = await keeperOf(world);
  const [told] = whose === 'ours' ? await historiesOf(address, namespace, `locus/${github.owner}/${github.repo}/`) : [];
  return {
    task: (last - first) / (issues - 1),
    whole: ms / issues,
    calls: ofTasks / issues,
    cpu: before && after ? shares(before, after, issues) : null,
    told,
  };
}

async function cpuNow(world: World) {
  const { server, worker } = await keeperOf(world);
  const pid = worker?.pid ?? 0;
  return { server: cpuOf(server?.pid ?? 0).own, worker: cpuOf(pid).own, below: cpuBelow(pid) };
}

type CpuNow = Awaited<ReturnType<typeof cpuNow>>;

function shares(before: CpuNow, after: CpuNow, tasks: number): CpuShares {
  return {
    server: (after.server - before.server) / tasks,
    worker: (after.worker - before.worker) / tasks,
    children: (after.below - before.below) / tasks,
  };
}

/** At `latencyMs` per call: what is wanted of the ratio to the bare loop. */
export function sprintRows(figures: SprintFigures, atMost: number | null): Row[] {
  const { latencyMs, ours, bare, ratio, calls } = figures;
  const at = `${latencyMs} ms a call`;
  const row = (what: string, name: keyof Measured): Row => ({
    what: `${what}, ${at}`,
    seen: ms(ours[name]),
    beside: `${times(ratio[name])} the bare loop's ${ms(bare[name])}`,
  });
  const task = row('sprint: a task', 'task');
  return [
    atMost === null ? task : { ...task, wanted: `at most ${times(atMost)}`, met: ratio.task <= atMost },
    row('sprint: the whole command, by task', 'whole'),
    boundRow(`sprint: tracker calls of a task, ${at}`, calls, 5, (value) => value.toFixed(1)),
  ];
}

/** How many calls each task waits for: what a task takes longer with slow answers, by how much slower those are. */
export function waitedFor(quick: SprintFigures, slow: SprintFigures): Row {
  const calls = (slow.ours.task - quick.ours.task) / (slow.latencyMs - quick.latencyMs);
  return boundRow('sprint: calls that a task waits for', Math.max(0, calls), 2, (value) => value.toFixed(2));
}

/** Where the time of a sprint goes. */
export function profileOf({ told, cpu, issues, latencyMs }: SprintFigures): string[] {
  const { steps, events, workflowTasks } = told;
  const perTask = (count: number) => (count / issues).toFixed(1);
  return [
    `Activities of a sprint of ${issues} at ${latencyMs} ms a call, medians from the event history:`,
    table(
      ['activity', 'times', 'waits for a worker', 'runs'],
      steps.map(({ activity, times: count, wait, run }) => [activity, String(count), ms(wait), ms(run)]),
    ),
    `${perTask(events)} events and ${perTask(workflowTasks)} workflow tasks a task. Processor time a task: server ${ms(cpu.server)}, worker ${ms(cpu.worker)}, git, agent, host and launcher ${ms(cpu.children)}.`,
  ];
}
