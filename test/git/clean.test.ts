import { existsSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { commit, failureOf, makeFixture, open, removeFolders, write } from './support.ts';

afterAll(removeFolders);

test('a workspace that became a link is not followed', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  const outside = join(fixture.stateDir, 'outside');
  write(outside, { 'precious.txt': 'x' });
  renameSync(workspace.path, `${workspace.path}-moved`);
  symlinkSync(outside, workspace.path);
  expect((await failureOf(cleanWorkspace(workspace, tip))).type).toBe('WorkspaceBroken');
  expect(existsSync(join(outside, 'precious.txt'))).toBe(true);
});

test('what a failed task hid behind its own .gitignore does not reach the next one', async () => {
  const fixture = await makeFixture();
  commit(fixture.root, { 'dir/tracked.txt': 'x\n' });
  const { workspace, tip } = await open(fixture, { remote: null });
  write(workspace.path, { 'dir/.gitignore': '*\n', 'dir/half-made.txt': 'x\n', 'ignored/keep.txt': 'x\n' });
  await cleanWorkspace(workspace, tip);
  expect(existsSync(join(workspace.path, 'dir/half-made.txt'))).toBe(false);
  expect(existsSync(join(workspace.path, 'ignored/keep.txt'))).toBe(true);
});

test('a folder that ignores itself, as a virtual environment, stays as other ignored folders do', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  write(workspace.path, { '.venv/.gitignore': '# by virtualenv\n*\n', '.venv/bin/python': 'x\n' });
  write(workspace.path, { 'half/.gitignore': '.gitignore\n', 'half/made.txt': 'x\n', '.gitignore.bak': 'x\n' });
  await cleanWorkspace(workspace, tip);
  expect(existsSync(join(workspace.path, '.venv/bin/python'))).toBe(true);
  expect(existsSync(join(workspace.path, 'half'))).toBe(false);
});

test('in the checkout of a person nothing that is ignored is removed', async () => {
  const fixture = await makeFixture();
  commit(fixture.root, { 'dir/tracked.txt': 'x\n' });
  write(fixture.root, { 'dir/.gitignore': '*\n', 'dir/mine.txt': 'x\n' });
  const { workspace, tip } = await open(fixture, { mode: 'root', remote: null });
  await cleanWorkspace(workspace, tip);
  expect(existsSync(join(fixture.root, 'dir/mine.txt'))).toBe(true);
});
