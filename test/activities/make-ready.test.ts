import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { makeReady } from '../../src/activities/make-ready.ts';
import { findProcess } from '../../src/agents/host/processes.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from '../git/support.ts';
import { settingsOf } from '../workflows/settings.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

async function ready(
  fixture: Fixture,
  stateDir: string,
  change: { setup?: string[]; copy?: string[] },
  signal = new AbortController().signal,
) {
  const { workspace } = await open(fixture, { remote: null });
  const settings = { ...settingsOf({}, true), workspace: { setup: null, copy: [], ...change } };
  const env = { PATH: process.env.PATH ?? '', HOME: stateDir };
  await makeReady(depsOf(fixture, { stateDir }), runOf(fixture, { settings }), { workspace, isNew: true, env, signal });
  return workspace;
}

test('the setups of two repositories do not end each other', async () => {
  const [one, other] = [await makeFixture(), await makeFixture()];
  write(one.stateDir, { 'here.txt': '' });
  for (const fixture of [one, other]) {
    const workspace = await ready(fixture, one.stateDir, { setup: ['sh', '-c', 'echo done > setup.log'] });
    expect(readFileSync(join(workspace.path, 'setup.log'), 'utf8')).toBe('done\n');
  }
  expect(readdirSync(join(one.stateDir, 'attempts'))).toHaveLength(2);
});

test.each([
  ['the file', 'link', 'link'],
  ['a folder above it', 'link', 'link/deep/.env'],
])('workspace.copy writes nothing through a link in place of %s', async (_, link, file) => {
  const fixture = await makeFixture();
  const outside = join(fixture.stateDir, 'outside');
  write(outside, { 'precious.txt': 'mine\n' });
  symlinkSync(file === link ? join(outside, 'precious.txt') : outside, join(fixture.root, link));
  sh(fixture.root, ['add', link]);
  commit(fixture.root, { 'c.txt': 'c\n' });
  sh(fixture.root, ['switch', '-q', '-c', 'locus/issue-1']);
  sh(fixture.root, ['switch', '-q', '-c', 'else', 'HEAD~1']);
  write(fixture.root, { [file]: 'SECRET=1\n' });
  const failure = await failureOf(ready(fixture, fixture.stateDir, { copy: [file] }));
  expect(failure.type).toBe('SetupFailed');
  expect(readdirSync(outside)).toEqual(['precious.txt']);
  expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('mine\n');
});

test('workspace.copy brings a file anew over the one of an earlier time', async () => {
  const fixture = await makeFixture();
  write(fixture.root, { 'conf/.env': 'A=1\n' });
  await ready(fixture, fixture.stateDir, { copy: ['conf/.env'] });
  write(fixture.root, { 'conf/.env': 'A=2\n' });
  const { path } = await ready(fixture, fixture.stateDir, { copy: ['conf/.env'] });
  expect(readFileSync(join(path, 'conf/.env'), 'utf8')).toBe('A=2\n');
  expect(existsSync(join(path, 'conf/.env.locus-copy'))).toBe(false);
});

test('a setup that is told to end leaves nothing running, neither what ignores SIGTERM nor what left its group', async () => {
  const fixture = await makeFixture();
  const pids = join(fixture.stateDir, 'pids');
  write(fixture.stateDir, { pids: '' });
  const stubborn = `trap "" TERM; echo $$ >> '${pids}'; while :; do sleep 0.1; done`;
  const setup = ['sh', '-c', `setsid sh -c '${stubborn.replaceAll("'", `'\\''`)}' & ${stubborn}`];
  const told = new AbortController();
  const failure = failureOf(ready(fixture, fixture.stateDir, { setup }, told.signal));
  const started = () => readFileSync(pids, 'utf8').split('\n').filter(Boolean).map(Number);
  while (started().length < 2) await delay(20);
  const begin = performance.now();
  told.abort(new Error('halted'));
  expect((await failure).message).toBe('halted');
  expect(performance.now() - begin).toBeLessThan(4000);
  for (const pid of started()) expect(await findProcess(pid)).toBeNull();
}, 20_000);
