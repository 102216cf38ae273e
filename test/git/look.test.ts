import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { lookAgain, lookAt } from '../../src/git/look.ts';
import type { OpenedWorkspace } from '../../src/git/open.ts';
import { commit, type Fixture, makeFixture, open, removeFolders, sh, write } from './support.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(removeFolders);

const collect = ({ workspace, tip }: OpenedWorkspace) =>
  collectWork(workspace, { start: tip, objectsDir: null, message: 'rest' });
const show = (rev: string) => sh(fixture.root, ['show', rev]);

test('a submodule that an agent has moved on stays where its commit has put it', async () => {
  const other = await makeFixture();
  const second = commit(other.root, { 'a.txt': 'two\n' });
  sh(fixture.root, ['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', other.root, 'sub']);
  sh(fixture.root, ['-C', 'sub', 'checkout', '-q', other.first]);
  sh(fixture.root, ['add', '-A']);
  sh(fixture.root, ['-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'sub']);
  sh(fixture.root, ['push', '-q', 'origin', 'main']);
  const opened = await open(fixture);
  const { path } = opened.workspace;
  sh(path, ['update-index', '--cacheinfo', `160000,${second},sub`]);
  sh(path, ['-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'moved on']);
  write(path, { 'left.txt': 'rest\n' });
  const work = await collect(opened);
  expect(sh(fixture.root, ['ls-tree', work.commit, 'sub'])).toContain(second);
  expect(show(`${work.commit}:left.txt`)).toBe('rest');
});

test('a change outside of a sparse checkout is part of the work', async () => {
  commit(fixture.root, { 'in/a': 'a\n', 'out/b': 'b\n' });
  sh(fixture.root, ['push', '-q', 'origin', 'main']);
  sh(fixture.root, ['sparse-checkout', 'set', 'in']);
  const opened = await open(fixture);
  write(opened.workspace.path, { 'out/b': 'changed\n' });
  const work = await collect(opened);
  expect(show(`${work.commit}:out/b`)).toBe('changed');
});

test('what is no file to a look goes with the cleaning all the same', async () => {
  const { workspace, tip } = await open(fixture);
  mkdirSync(join(workspace.path, 'pipes'));
  execFileSync('mkfifo', [join(workspace.path, 'pipes', 'one')]);
  mkdirSync(join(workspace.path, 'half', '.git'), { recursive: true });
  writeFileSync(join(workspace.path, 'half', '.git', 'config'), '');
  const look = await lookAt(workspace, tip);
  expect(look).toMatchObject({ paths: [], doubtful: false });
  await cleanWorkspace(workspace, tip, look);
  for (const left of ['pipes', 'half']) expect(existsSync(join(workspace.path, left))).toBe(false);
});

test('what was collected just now is known to be all, once and not for long', async () => {
  const opened = await open(fixture);
  const { workspace } = opened;
  write(workspace.path, { 'work.txt': 'x\n' });
  const { commit: first } = await collect(opened);
  write(workspace.path, { 'late.txt': 'x\n' });
  expect((await lookAgain(workspace, first)).paths).toEqual([]);
  expect((await lookAgain(workspace, first)).paths).toEqual(['late.txt']);

  const { commit: second } = await collect({ ...opened, tip: first });
  await delay(250);
  write(workspace.path, { 'later.txt': 'x\n' });
  expect((await lookAgain(workspace, second)).paths).toEqual(['later.txt']);
});

test('what may hide in a workspace is looked for again', async () => {
  const opened = await open(fixture);
  const { workspace } = opened;
  write(workspace.path, { 'work.txt': 'x\n', 'hidden/.gitignore': '*\n' });
  const { commit: made } = await collect(opened);
  expect((await lookAgain(workspace, made)).doubtful).toBe(true);
});
