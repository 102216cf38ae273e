import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { doctor } from '../../src/commands/doctor.ts';
import type { Check } from '../../src/commands/doctor-checks.ts';
import { endsItsContainer, programsAbove, unitOf } from '../../src/commands/doctor-processes.ts';
import { parseConfig } from '../../src/config/load.ts';
import { announceWorker } from '../../src/server/keeper-file.ts';

let folder: string;
let printed: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-doctor-'));
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
  await announceWorker(folder, { pid: process.pid, address: '127.0.0.1:1', version: '1.0.0' });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** A process as the doctor would see it; the worker of these tests is the one that runs them. */
async function pretend(pid: number, parent: number, commandLine: string, cgroup = '0::/\n'): Promise<void> {
  const at = path.join(folder, 'proc', String(pid));
  await mkdir(at, { recursive: true });
  await writeFile(path.join(at, 'stat'), `${pid} (a (b) c) S ${parent} 1 1`);
  await writeFile(path.join(at, 'cmdline'), commandLine.replaceAll(' ', '\0'));
  await writeFile(path.join(at, 'cgroup'), cgroup);
}

/** A `systemctl` that knows one unit and its KillMode. */
async function systemctl(asked: string, killMode: string): Promise<void> {
  const file = path.join(folder, 'systemctl');
  await writeFile(file, `#!/bin/sh\n[ "$*" = '${asked}' ] && echo '${killMode}'\n`);
  await chmod(file, 0o755);
}

async function examine(): Promise<Record<string, Check>> {
  await doctor(
    { json: true },
    {
      ...{ stateDir: folder, cacheDir: folder, root: null, apiUrl: 'https://api.github.com', target: null },
      ...{ env: { PATH: folder }, proc: path.join(folder, 'proc') },
      loadConfig: async () => ({ ...parseConfig('{}'), path: 'config.json', exists: true }),
    },
  );
  const checks = JSON.parse(printed.join('\n')) as Check[];
  return Object.fromEntries(checks.map((check) => [check.title, check]));
}

describe('doctor, of a worker under systemd', () => {
  const service = '0::/system.slice/locus-worker.service\n';
  const asked = 'show --property=KillMode --value locus-worker.service';

  test('wants KillMode=process', async () => {
    await pretend(process.pid, 1, 'node worker.js', service);
    await systemctl(asked, 'control-group');
    expect((await examine()).systemd).toMatchObject({
      state: 'missing',
      detail: 'locus-worker.service: KillMode=control-group',
      fix: expect.stringContaining('KillMode=process'),
    });
  });

  test('is content with it', async () => {
    await pretend(process.pid, 1, 'node worker.js', service);
    await systemctl(asked, 'process');
    expect((await examine()).systemd?.state).toBe('ok');
  });

  test('asks the manager of the user for a service of theirs', async () => {
    const user = '0::/user.slice/user-1.slice/user@1.service/app.slice/locus-worker.service\n';
    await pretend(process.pid, 1, 'node worker.js', user);
    await systemctl(`--user ${asked}`, 'process');
    expect((await examine()).systemd?.state).toBe('ok');
  });

  test('says nothing of a worker that no service started', async () => {
    await pretend(process.pid, 1, 'node worker.js', '0::/user.slice/user-1.slice/session-2.scope\n');
    expect((await examine()).systemd).toBeUndefined();
  });
});

describe('doctor, of a worker in a container', () => {
  test('warns where the container ends with it', async () => {
    await pretend(process.pid, 7, '/usr/bin/node worker.js');
    await pretend(7, 1, 'node /usr/bin/locus worker');
    await pretend(1, 0, '/sbin/tini -- locus worker');
    expect((await examine()).container).toMatchObject({
      state: 'optional',
      fix: expect.stringContaining('docs/operations.md'),
    });
  });

  test('is content where something else starts it again', async () => {
    await pretend(process.pid, 7, '/usr/bin/node worker.js');
    await pretend(7, 6, 'node /usr/bin/locus worker');
    await pretend(6, 1, '/bin/sh -c loop');
    await pretend(1, 0, '/sbin/tini -- loop');
    expect((await examine()).container).toBeUndefined();
  });
});

test.each([
  ['0::/system.slice/locus.service\n', { name: 'locus.service', isUser: false }],
  ['0::/user.slice/user-1.slice/user@1.service/app.slice/locus.service\n', { name: 'locus.service', isUser: true }],
  ['0::/user.slice/user-1.slice/session-2.scope\n', null],
  ['0::/user.slice/user-1.slice/user@1.service\n', null],
  ['0::/\n', null],
])('the systemd unit of %j is %j', (cgroup, expected) => {
  expect(unitOf(cgroup)).toEqual(expected);
});

test.each([
  [['node', 'node'], true],
  [['node', 'node', 'docker-init'], true],
  [['node', 'node', 'bash', 'docker-init'], false],
  [['node', 'node', 'systemd'], false],
  [['node', 'node', 'bash', 'sshd', 'systemd'], false],
  [[], false],
])('of the programs %j a container ends with the worker: %j', (programs, expected) => {
  expect(endsItsContainer(programs)).toBe(expected);
});

test('the programs above a process begin with its own', async () => {
  const programs = await programsAbove(process.pid, '/proc');
  expect(programs[0]).toBe(path.basename(process.argv0));
  expect(programs.length).toBeGreaterThan(1);
});
