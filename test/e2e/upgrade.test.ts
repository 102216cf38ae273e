import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { keeperOf, sprintOf } from '../faults-support/keeper.ts';
import { makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** Our own build under a later version; returns its `cli.js`. */
async function laterVersion(): Promise<string> {
  const folder = path.join(world.folder, 'later');
  await cp(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  const own = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ ...own, version: '99.0.0' }));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return path.join(folder, 'dist', 'bin', 'cli.js');
}

interface Follower {
  readonly pid: number;
  /** Why the one before it has ended. */
  readonly after: string | null | undefined;
}

/** Which worker follows the agent of a run; null between two of them. */
async function followerOf(client: Client, workflowId: string): Promise<Follower | null> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const agent = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'runAgent');
  const { lastWorkerIdentity, lastFailure, state } = agent ?? {};
  // PENDING_ACTIVITY_STATE_STARTED
  if (!lastWorkerIdentity || state !== 2) return null;
  return { pid: Number.parseInt(lastWorkerIdentity, 10), after: lastFailure?.applicationFailureInfo?.type };
}

test('any command of a later version replaces the worker; the new one follows the agent, which is not started again', async () => {
  const cli = await laterVersion();
  const repository = await makeRepository(world);
  sprintOf(repository, ['append one.txt first half\ngate go\nappend one.txt second half', 'write two.txt']);
  const run = repository.start(['run', '--sprint', 'S']);
  await until('the agent works', async () => (await repository.agentLog())[0]);
  const before = await keeperOf(world);
  const connection = await Connection.connect({ address: before.address });
  const client = new Client({ connection });
  const { workflowId } = await sprintOn(client);
  await until('the worker follows it', async () => (await followerOf(client, workflowId))?.pid === before.worker?.pid);

  const later = execa(process.execPath, [cli, 'status'], {
    cwd: repository.root,
    env: { ...world.env, ...repository.env },
    extendEnv: false,
  });
  await until('the keeper takes the later version', async () => (await keeperOf(world)).version === '99.0.0');
  await later;
  const follower = await until('another worker follows the agent', async () => {
    const found = await followerOf(client, workflowId);
    return found?.pid === before.worker?.pid ? null : found;
  });
  const after = await keeperOf(world);
  expect(after.worker?.pid).toBe(follower.pid);
  expect(after.keeper).toEqual(before.keeper);
  expect(after.server).toEqual(before.server);
  // It was handed over, not missed after the seconds that a heartbeat may be late.
  expect(follower.after).toBe('WorkerShutdown');

  await repository.openGate('go');
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await repository.agentStarts()).toEqual([1, 2]);
  expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('first half\nsecond half');
  expect(repository.github.state().pulls).toHaveLength(1);
  await connection.close();
}, 120_000);

async function sprintOn(client: Client) {
  return until('the run is listed', async () => {
    for await (const run of client.workflow.list({ query: "WorkflowType = 'sprintRun'" })) return run;
    return null;
  });
}
