import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { choosePorts, defaultPorts, serverArguments } from '../../src/server/embedded.ts';
import { holderOf, takeLock } from '../../src/server/lock.ts';
import { choosePort } from '../../src/server/ports.ts';
import { identify } from '../../src/server/process.ts';
import { cacheDir, hostId, stateDir } from '../../src/server/state.ts';
import { pauseAfter } from '../../src/server/supervise.ts';
import { isNewer } from '../../src/server/version.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-state-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the state directory', () => {
  test('is the one that is named, else the one of the desktop standard, else below the home folder', async () => {
    const env = { HOME: folder, XDG_STATE_HOME: path.join(folder, 'xdg'), LOCUS_STATE_DIR: path.join(folder, 'own') };
    expect(await stateDir(env)).toBe(path.join(folder, 'own'));
    expect(await stateDir({ ...env, LOCUS_STATE_DIR: '' })).toBe(path.join(folder, 'xdg', 'locus'));
    expect(await stateDir({ HOME: folder })).toBe(path.join(folder, '.local', 'state', 'locus'));
    expect(cacheDir({ HOME: folder })).toBe(path.join(folder, '.cache', 'locus'));
  });

  test('is readable for the user alone', async () => {
    const dir = await stateDir({ LOCUS_STATE_DIR: path.join(folder, 'private') });
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  });

  test('that cannot be made is refused with what to do', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await expect(stateDir({ LOCUS_STATE_DIR: path.join(file, 'below') })).rejects.toMatchObject({
      type: 'ServerUnavailable',
      details: { remedy: expect.stringContaining('LOCUS_STATE_DIR') },
    });
  });

  test('names the host once and for all, also for callers at the same time', async () => {
    const names = await Promise.all([hostId(folder), hostId(folder), hostId(folder)]);
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^[a-z0-9][a-z0-9-]*-[0-9a-f]{6}$/);
  });
});

describe('a lock', () => {
  test('is held once, and can be taken after it was given back', async () => {
    const file = path.join(folder, 'held.lock');
    const taken = await Promise.all([takeLock(file), takeLock(file), takeLock(file)]);
    const releases = taken.filter((release) => release !== null);
    expect(releases).toHaveLength(1);
    await releases[0]?.();
    expect(await takeLock(file)).not.toBeNull();
  });

  test('of a process that is gone is taken over, by one of many', async () => {
    const file = path.join(folder, 'dead.lock');
    await writeFile(file, JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' }));
    const taken = await Promise.all([takeLock(file), takeLock(file), takeLock(file)]);
    expect(taken.filter((release) => release !== null)).toHaveLength(1);
    expect(await holderOf(file)).toEqual(await identify(process.pid));
  });

  test('whose pid belongs to another process by now is taken over', async () => {
    const file = path.join(folder, 'reused.lock');
    await writeFile(file, JSON.stringify({ pid: process.ppid, started: 'an earlier boot:1' }));
    expect(await takeLock(file)).not.toBeNull();
  });
});

describe('the ports', () => {
  test('are free ones when the usual ones are taken, and never the same twice', async () => {
    const busy = await choosePort([]);
    expect(await choosePort([busy], [busy])).not.toBe(busy);
    const { grpc, ui } = await choosePorts(null);
    expect(grpc).not.toBe(ui);
  });

  test('of the last start come first', async () => {
    const last = { grpc: await choosePort([]), ui: await choosePort([]) };
    expect(await choosePorts(last)).toEqual(last);
    expect(last).not.toEqual(defaultPorts);
  });
});

test('the server listens on loopback only, commits in full, and knows the search attributes', () => {
  const line = serverArguments('/state/temporal.db', defaultPorts).join(' ');
  expect(line).toContain('--ip 127.0.0.1 --port 7233 --ui-ip 127.0.0.1 --ui-port 8233');
  expect(line).toContain('--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=FULL');
  expect(line).toContain('--search-attribute LocusIssues=KeywordList');
});

test('a process that dies of its start is started more and more slowly', () => {
  expect([0, 1, 2, 5, 6, 7, 20].map(pauseAfter)).toEqual([0, 0, 300, 300, 2_000, 4_000, 60_000]);
});

test.each([
  ['1.2.3', '1.2.2', true],
  ['1.10.0', '1.9.9', true],
  ['1.2.3', '1.2.3', false],
  ['1.2.3-next.1', '1.2.3', false],
  ['0.9.0', '1.0.0', false],
])('version %s is newer than %s: %s', (a, b, expected) => {
  expect(isNewer(a, b)).toBe(expected);
});
