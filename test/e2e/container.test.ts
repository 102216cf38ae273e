import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { execa, type ResultPromise } from 'execa';
import { findTemporalBinary } from '../../src/server/binary.ts';
import { dynamicConfig } from '../../src/server/embedded.ts';
import { cacheDir } from '../../src/server/state.ts';
import { sprintOf } from '../faults-support/keeper.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

const loop = fileURLToPath(new URL('../../examples/container/worker.sh', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/bin/cli.js', import.meta.url));

// No container engine can be had here. What matters of one is that all its processes end with the first: a process
// namespace of bubblewrap's, whose first process is an init like Docker's.
let world: World;
let server: TestWorkflowEnvironment;
let container: ResultPromise;

beforeAll(async () => {
  world = await openWorld();
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: () => {} });
  server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary },
      extraArgs: dynamicConfig,
      log: { format: 'pretty', level: 'error' },
    },
  });
  await writeFile(path.join(world.folder, 'locus'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, {
    mode: 0o755,
  });
});

afterAll(async () => {
  await endContainer();
  await server.teardown();
  await world.end();
});

/** A container on the volume that the one before it had. */
async function startContainer({ env }: GitHubRepository): Promise<void> {
  const stateDir = path.join(world.folder, 'volume');
  const before = await workerFile(stateDir);
  container = execa('bwrap', ['--dev-bind', '/', '/', '--proc', '/proc', '--unshare-pid', '--die-with-parent', loop], {
    env: {
      ...world.env,
      ...env,
      PATH: `${world.folder}:${world.env.PATH}`,
      TEMPORAL_ADDRESS: server.address,
      LOCUS_STATE_DIR: stateDir,
    },
    extendEnv: false,
    reject: false,
    stdio: 'ignore',
  });
  await until('the worker serves', async () => (await workerFile(stateDir)) !== before);
}

function workerFile(stateDir: string): Promise<string> {
  return readFile(path.join(stateDir, 'worker.json'), 'utf8').catch(() => '');
}

/** As `docker stop` does it: asks the main program, then ends all that is left. */
async function endContainer(): Promise<void> {
  for (const pid of await processes('worker.sh')) process.kill(pid, 'SIGTERM');
  await container;
}

/** Pids, as seen from outside, of processes with this in their environment and these words in their command line. */
async function processes(words: string, variable = `LOCUS_STATE_DIR=${world.folder}/volume`): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
    // bubblewrap itself names the script too.
    if (!command.includes(words) || command.startsWith('bwrap')) continue;
    if (environment.split('\0').includes(variable)) found.push(Number(pid));
  }
  return found;
}

/** A sprint of two from a client elsewhere, whose first agent has written half of its work and now waits. */
async function halfWay() {
  const repository = await makeRepository(world);
  sprintOf(repository, ['append one.txt first half\ngate go\nappend one.txt second half', 'write two.txt']);
  await startContainer(repository);
  const run = repository.start(['run', '--sprint', 'S', '--wait'], { TEMPORAL_ADDRESS: server.address });
  const agent = await until('the agent works', async () => (await repository.agentLog())[0]);
  await until('it has written half', () => repository.git('-C', agent.cwd, 'hash-object', 'one.txt').catch(() => ''));
  return { repository, run, agentProcesses: () => processes('agent.mjs', `LOCUS_ATTEMPT=${agent.attempt}`) };
}

test('a worker that ends in a container is started again there, and its agent goes on', async () => {
  const { repository, run } = await halfWay();
  const old = await until('the worker is found', async () => (await processes('dist/worker.js'))[0]);
  process.kill(old, 'SIGTERM');
  await until('another worker runs', async () => (await processes('dist/worker.js')).some((pid) => pid !== old));
  await repository.openGate('go');
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await repository.agentStarts()).toEqual([1, 2]);
  expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('first half\nsecond half');
  await endContainer();
});

test('a container that ends takes the agent along; the next one on its volume goes on with the tree, by itself', async () => {
  const { repository, run, agentProcesses } = await halfWay();
  expect(await agentProcesses()).not.toEqual([]);
  await endContainer();
  expect(await agentProcesses()).toEqual([]);
  await repository.openGate('go');
  await startContainer(repository);
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await repository.agentStarts()).toEqual([1, 1, 2]);
  expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('first half\nfirst half\nsecond half');
});
