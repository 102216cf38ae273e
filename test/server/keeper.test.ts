import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { findTemporalBinary } from '../../src/server/binary.ts';
import { waitUntilServing } from '../../src/server/embedded.ts';
import { type EnsureKeeperOptions, ensureKeeper, keeperEnvironment, stopKeeper } from '../../src/server/keeper.ts';
import {
  announceWorker,
  type KeeperInfo,
  readKeeper,
  readLastKeeper,
  readWorker,
} from '../../src/server/keeper-file.ts';
import { answers, choosePort } from '../../src/server/ports.ts';
import { identify, isAlive } from '../../src/server/process.ts';
import { fetchSecrets, handOver } from '../../src/server/secrets.ts';
import { socketPath } from '../../src/server/socket.ts';
import { cacheDir } from '../../src/server/state.ts';

const folders: string[] = [];
const quiet = () => {};

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    for (const name of ['a', 'b']) await killAll(path.join(folder, name));
    await rm(folder, { recursive: true, force: true });
  }
});

/** Faster than a stop, which lets the server finish its writes. */
async function killAll(stateDir: string): Promise<void> {
  for (const part of ['keeper', 'worker', 'server'] as const) {
    const identity = (await readLastKeeper(stateDir))?.[part];
    if (identity && (await isAlive(identity))) process.kill(identity.pid, 'SIGKILL');
  }
}

/** Options for a state directory of its own, with a worker that does nothing. */
async function fresh(name = 'a', folder?: string): Promise<EnsureKeeperOptions> {
  const parent = folder ?? (await mkdtemp(path.join(tmpdir(), 'locus-keeper-')));
  if (!folder) folders.push(parent);
  const stateDir = path.join(parent, name);
  await mkdir(stateDir, { recursive: true });
  const workerScript = path.join(parent, 'worker.mjs');
  await writeFile(workerScript, 'setInterval(() => {}, 1000);\n');
  // As after an earlier start; the usual ports are what every other keeper on the machine wants.
  const ports = { grpc: await choosePort([]), ui: await choosePort([]) };
  await writeFile(path.join(stateDir, 'keeper.json'), JSON.stringify({ ports }));
  return { stateDir, workerScript, onProgress: quiet, version: '1.0.0', build: 'a' };
}

async function waitFor(stateDir: string, wanted: (info: KeeperInfo) => boolean, withinMs = 5_000): Promise<KeeperInfo> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const info = await readKeeper(stateDir);
    if (info && wanted(info)) return info;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(info)}`);
    await sleep(20);
  }
}

const withWorker = (info: KeeperInfo) => info.worker !== null;

describe('the keeper', () => {
  test('brings its server and its worker back within a second or two, and leaves nothing when it is stopped', async () => {
    const options = await fresh();
    const first = await ensureKeeper(options);
    expect(await answers(first.ports.grpc)).toBe(true);
    const { worker, server } = await waitFor(options.stateDir, withWorker);

    process.kill(server?.pid ?? 0, 'SIGKILL');
    const again = await waitFor(options.stateDir, (info) => info.serving && info.server?.pid !== server?.pid, 3_000);
    expect(again.address).toBe(first.address);
    expect(again.worker).toEqual(worker);

    process.kill(worker?.pid ?? 0, 'SIGKILL');
    const last = await waitFor(options.stateDir, (info) => withWorker(info) && info.worker?.pid !== worker?.pid, 1_000);

    expect(await stopKeeper(options.stateDir)).toBe(true);
    expect(await Promise.all([last.keeper, last.server, last.worker].map(isAlive))).toEqual([false, false, false]);
    expect(await answers(first.ports.grpc)).toBe(false);
    expect(await readKeeper(options.stateDir)).toBeNull();
    expect(await stopKeeper(options.stateDir)).toBe(false);
    await expect(stat(path.join(options.stateDir, 'keeper.lock'))).rejects.toThrow('ENOENT');
  });

  test('that was killed is followed by one that adopts its server and replaces its worker', async () => {
    const options = await fresh();
    await ensureKeeper(options);
    const before = await waitFor(options.stateDir, withWorker);
    process.kill(before.keeper.pid, 'SIGKILL');
    while (await isAlive(before.keeper)) await sleep(10);

    await ensureKeeper(options);
    const after = await waitFor(options.stateDir, withWorker);
    expect(after.keeper.pid).not.toBe(before.keeper.pid);
    expect(after.server).toEqual(before.server);
    expect(after.worker?.pid).not.toBe(before.worker?.pid);
    expect(await isAlive(before.worker)).toBe(false);
  });

  test('that was killed leaves nothing after a stop', async () => {
    const options = await fresh();
    await ensureKeeper(options);
    const before = await waitFor(options.stateDir, withWorker);
    process.kill(before.keeper.pid, 'SIGKILL');
    expect(await stopKeeper(options.stateDir)).toBe(true);
    expect(await Promise.all([before.server, before.worker].map(isAlive))).toEqual([false, false]);
  });

  test('is one, however many commands ask for it at once', async () => {
    const options = await fresh();
    const infos = await Promise.all([ensureKeeper(options), ensureKeeper(options), ensureKeeper(options)]);
    expect(new Set(infos.map((info) => info.keeper.pid)).size).toBe(1);
    expect(new Set(infos.map((info) => info.server?.pid)).size).toBe(1);
  });

  test('of another state directory has its own ports, data and secrets, also where both want the same ports', async () => {
    const a = await fresh('a');
    const b = await fresh('b', path.dirname(a.stateDir));
    await copyFile(path.join(a.stateDir, 'keeper.json'), path.join(b.stateDir, 'keeper.json'));
    const [first, second] = await Promise.all([ensureKeeper(a), ensureKeeper(b)]);
    expect(new Set([first.ports.grpc, first.ports.ui, second.ports.grpc, second.ports.ui]).size).toBe(4);
    await handOver(first, 'api|o/r', { token: 'of-a', env: { KEY: 'value' } });
    expect(await fetchSecrets(a.stateDir, 'api|o/r')).toEqual({ token: 'of-a', env: { KEY: 'value' } });
    expect(await fetchSecrets(b.stateDir, 'api|o/r')).toBeNull();
  });

  test('does not take the server of another one for its own that took the port first', async () => {
    const { ports, server } = await ensureKeeper(await fresh());
    const within = (ms: number) => {
      const deadline = Date.now() + ms;
      return () => Date.now() > deadline;
    };
    const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: quiet });
    expect(await waitUntilServing(binary, { pid: process.pid, ports }, within(500))).toBe(false);
    expect(await waitUntilServing(binary, { pid: server?.pid ?? 0, ports }, within(5_000))).toBe(true);
  });

  test('keeps its ports over a stop and a start, so that links stay valid', async () => {
    const a = await fresh('a');
    const b = await fresh('b', path.dirname(a.stateDir));
    await ensureKeeper(b);
    const first = await ensureKeeper(a);
    await Promise.all([stopKeeper(a.stateDir), killAll(b.stateDir)]);
    expect((await ensureKeeper(a)).ports).toEqual(first.ports);
  });

  test('takes the worker of a newer command, and not of an older one', async () => {
    const options = await fresh();
    await ensureKeeper(options);
    const { worker } = await waitFor(options.stateDir, withWorker);
    expect((await ensureKeeper({ ...options, version: '0.9.9' })).version).toBe('1.0.0');
    expect((await readKeeper(options.stateDir))?.worker).toEqual(worker);
    expect((await ensureKeeper({ ...options, version: '1.0.1' })).version).toBe('1.0.1');
    const after = await waitFor(options.stateDir, (info) => withWorker(info) && info.worker?.pid !== worker?.pid);
    expect(after.version).toBe('1.0.1');
    expect(await isAlive(worker)).toBe(false);
  });

  test('takes the worker of the same version when that was built anew', async () => {
    const options = await fresh();
    await ensureKeeper(options);
    const { worker } = await waitFor(options.stateDir, withWorker);
    await ensureKeeper({ ...options, build: '' });
    expect((await readKeeper(options.stateDir))?.worker).toEqual(worker);
    await ensureKeeper({ ...options, build: 'b' });
    const after = await waitFor(options.stateDir, (info) => withWorker(info) && info.worker?.pid !== worker?.pid);
    expect(after.build).toBe('b');
  });

  test('says why a worker that cannot start is not started all the time', async () => {
    const options = await fresh();
    await writeFile(options.workerScript ?? '', 'process.exit(7);\n');
    await ensureKeeper(options);
    const info = await waitFor(options.stateDir, ({ workerProblem }) => workerProblem !== null, 8_000);
    expect(info.workerProblem).toMatch(/the worker ended 6 times .*exit code 7/);
    expect(info.serving).toBe(true);
  });

  test('works in a state directory whose path is too long for a socket', async () => {
    const options = await fresh();
    const stateDir = path.join(path.dirname(options.stateDir), 'a', 'long-'.repeat(30));
    await mkdir(stateDir, { recursive: true });
    try {
      const info = await ensureKeeper({ ...options, stateDir });
      expect(Buffer.byteLength(info.socket)).toBeLessThanOrEqual(100);
      await handOver(info, 'scope', { token: 't', env: {} });
      expect((await fetchSecrets(stateDir, 'scope'))?.token).toBe('t');
    } finally {
      await killAll(stateDir);
      await rm(await socketPath(stateDir));
    }
  });

  test('keeps secrets out of every file, behind a socket that only the user may open', async () => {
    const options = await fresh();
    const info = await ensureKeeper(options);
    await handOver(info, 'api|o/r', { token: 'ghp_very_secret', env: {} });
    expect((await stat(info.socket)).mode & 0o777).toBe(0o600);
    for (const file of ['keeper.json', 'logs/keeper.log', 'logs/worker.log', 'logs/server.log']) {
      expect(await readFile(path.join(options.stateDir, file), 'utf8')).not.toContain('ghp_very_secret');
    }
  });
});

test('the keeper gets no tokens and no Temporal address from the command that starts it', () => {
  const env = { PATH: '/bin', GITHUB_TOKEN: 't', GH_TOKEN: 't', TEMPORAL_ADDRESS: 'x:1', ANTHROPIC_API_KEY: 'k' };
  expect(keeperEnvironment(env, '/state')).toEqual({
    PATH: '/bin',
    ANTHROPIC_API_KEY: 'k',
    LOCUS_STATE_DIR: '/state',
    // Which is not there: no profile of the person's leads the worker elsewhere.
    TEMPORAL_CONFIG_FILE: '/state/no-temporal.toml',
  });
});

test('a worker is known while its process lives', async () => {
  const { stateDir } = await fresh();
  await announceWorker(stateDir, { pid: process.pid, address: '127.0.0.1:1', version: '1.0.0' });
  expect((await readWorker(stateDir))?.process).toEqual(await identify(process.pid));
  const file = path.join(stateDir, 'worker.json');
  const info = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...info, process: { ...info.process, started: 'an earlier boot:1' } }));
  expect(await readWorker(stateDir)).toBeNull();
});
