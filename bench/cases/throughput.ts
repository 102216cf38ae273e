import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { findTemporalBinary } from '../../src/server/binary.ts';
import { dynamicConfig } from '../../src/server/embedded.ts';
import { registerSearchAttributes } from '../../src/server/search-attributes.ts';
import { cacheDir } from '../../src/server/state.ts';
import { hostQueue } from '../../src/workflows/messages.ts';
import { inputOf } from '../../test/workflows/input.ts';
import { doneWith, finished, scripted, start } from '../../test/workflows/support.ts';
import { median, repeat, timed } from '../measure.ts';
import { type Row, times } from '../row.ts';

/** Tasks a second. */
export interface ThroughputFigures {
  readonly tasks: number;
  /** Activities of one task of ours, those of the run's beginning and end with them. */
  readonly activities: number;
  /** A sprint of ours whose activities do nothing. */
  readonly ours: number;
  /** A workflow of as many activities, one after the other, and nothing else. */
  readonly plain: number;
  readonly ratio: number;
}

/** The workflows alone, on a server with the embedded one's settings. */
export async function measureThroughput(tasks: number, rounds: number): Promise<ThroughputFigures> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const folder = await mkdtemp(path.join(tmpdir(), 'locus-bench-'));
  const env = await openServer(path.join(folder, 'temporal.db'));
  try {
    await registerSearchAttributes(env.connection, 'default');
    return await onServer(env, tasks, rounds);
  } finally {
    await env.teardown();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openServer(database: string): Promise<TestWorkflowEnvironment> {
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: () => {} });
  const pragmas = ['journal_mode=WAL', 'synchronous=FULL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary },
      dbFilename: database,
      extraArgs: [...dynamicConfig, ...pragmas],
      log: { format: 'pretty', level: 'error' },
    },
  });
}

async function onServer(env: TestWorkflowEnvironment, tasks: number, rounds: number): Promise<ThroughputFigures> {
  const hostId = randomUUID().slice(0, 8);
  const queue = `bench-${hostId}`;
  const { activities, started } = counting({
    ...scripted({ agent: (request) => doneWith(request) }, []),
    nothing: async () => {},
  });
  const common = { connection: env.nativeConnection, activities };
  const codePath = fileURLToPath(new URL('../../dist/workflow-bundle.cjs', import.meta.url));
  const workflowsPath = fileURLToPath(new URL('../plain-workflow.ts', import.meta.url));
  const plainBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: queue, workflowBundle: { codePath } }),
    Worker.create({ ...common, taskQueue: hostQueue(hostId) }),
    Worker.create({ ...common, taskQueue: `${queue}-plain`, workflowBundle: plainBundle }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const issues = Array.from({ length: tasks }, (_, at) => at + 1);
  const ours = async () => {
    const state = await finished(await start({ env, queue }, inputOf({ hostId }, { issues })));
    if (state.tasks.some(({ status }) => status !== 'done')) throw new Error('not all tasks are done');
  };
  const plain = (count: number) =>
    env.client.workflow.execute('plain', { workflowId: randomUUID(), taskQueue: `${queue}-plain`, args: [count] });
  const round = async () => {
    const before = started();
    const took = await timed(ours);
    const count = started() - before;
    return { count, ours: took, plain: await timed(() => plain(count)) };
  };
  try {
    await round();
    const each = await repeat(rounds, round);
    const perSecond = (ms: number) => (tasks / ms) * 1000;
    return {
      tasks,
      activities: median(each.map((one) => one.count)) / tasks,
      ours: perSecond(median(each.map((one) => one.ours))),
      plain: perSecond(median(each.map((one) => one.plain))),
      ratio: median(each.map((one) => one.ours / one.plain)),
    };
  } finally {
    for (const worker of workers) worker.shutdown();
    await running;
  }
}

/** The same activities, and how many of them were started so far. */
function counting(activities: object): { activities: object; started(): number } {
  let count = 0;
  const counted =
    (activity: (...args: unknown[]) => unknown) =>
    (...args: unknown[]) => {
      count += 1;
      return activity(...args);
    };
  const all = Object.entries(activities).map(([name, activity]) => [name, counted(activity)]);
  return { activities: Object.fromEntries(all), started: () => count };
}

export function throughputRows({ tasks, activities, ours, plain, ratio }: ThroughputFigures): Row[] {
  return [
    {
      what: `engine alone: a sprint of ${tasks} tasks that do nothing, ${activities.toFixed(1)} activities each`,
      seen: `${ours.toFixed(1)} tasks/s`,
      beside: `${times(ratio)} the time of as many activities of the plainest workflow, one after the other (${plain.toFixed(1)} tasks/s)`,
    },
  ];
}
