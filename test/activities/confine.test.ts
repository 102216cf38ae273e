import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { confine } from '../../src/activities/confine.ts';
import type { RunContext } from '../../src/domain/run.ts';
import type { RunSettings } from '../../src/domain/settings.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { settingsOf } from '../workflows/settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-confine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** On a host whose PATH has no sandbox program. */
async function confined(change: Partial<RunSettings>) {
  const repository = { commonDir: folder, root: folder, privateDir: folder, bare: false };
  const workspace = { repository, path: folder, name: 'w', mode: 'root', adminDir: null } as unknown as Workspace;
  const run = { settings: { ...settingsOf({}, true), ...change } } as unknown as RunContext;
  const place = { workspace, dir: path.join(folder, 'attempt'), env: { PATH: folder, HOME: folder } };
  return (await confine({ stateDir: folder }, run, place)).sandbox.kind;
}

test('a run that was announced as confined is never worked on unconfined', async () => {
  await expect(confined({ sandbox: 'auto', sandboxKind: 'os' })).rejects.toMatchObject({
    type: 'SandboxUnavailable',
    message: expect.stringContaining('the run was started with a sandbox, but bwrap is not installed'),
  });
});

test('where the command has left it to the host, the host decides', async () => {
  expect(await confined({ sandbox: 'auto', sandboxKind: null })).toBe('none');
  await expect(confined({ sandbox: 'require', sandboxKind: null })).rejects.toMatchObject({
    type: 'SandboxUnavailable',
  });
});
