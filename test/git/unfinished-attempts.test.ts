import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Workspace } from '../../src/domain/workspace.ts';
import { giveBackUnfinished, keepUnfinished } from '../../src/git/unfinished.ts';
import { commit, type Fixture, makeFixture, open, privateObjects, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const ref = 'refs/locus/wip/issue-1/1';

interface Scene {
  readonly fixture: Fixture;
  readonly workspace: Workspace;
  readonly keep: (attemptId: string) => Promise<string | null>;
  readonly giveBack: (attemptId: string) => Promise<boolean>;
}

async function openScene(): Promise<Scene> {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  return {
    fixture,
    workspace,
    keep: (attemptId) => keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId }),
    giveBack: (attemptId) => giveBackUnfinished(workspace, { ref, start, attemptId }),
  };
}

function kept({ root }: Fixture, file: string): string[] {
  const refs = sh(root, ['for-each-ref', '--format=%(refname)', 'refs/locus/wip', 'refs/locus/aside']).split('\n');
  return refs.filter((name) => name !== '' && sh(root, ['ls-tree', '--name-only', name, file]) === file);
}

test('the work of a failed attempt stays where the next one, on a clean tree, makes nothing', async () => {
  const { fixture, workspace, keep } = await openScene();
  write(workspace.path, { 'hour.txt': 'verify failed\n' });
  const first = await keep('r-1-1');
  expect(await keep('r-1-2')).toBe(first);
  expect(sh(fixture.root, ['rev-parse', ref])).toBe(first);
});

test('the work of a failed attempt is set aside where the next one, on a clean tree, leaves its own', async () => {
  const { fixture, workspace, keep } = await openScene();
  write(workspace.path, { 'hour.txt': 'verify failed\n' });
  const first = await keep('r-1-1');
  write(workspace.path, { 'second.txt': 'other\n' });
  await keep('r-1-2');
  expect(kept(fixture, 'second.txt')).toEqual([ref]);
  expect(kept(fixture, 'hour.txt')).toEqual([`refs/locus/aside/issue-1/1/${first?.slice(0, 12)}`]);
});

test('what was given back is replaced by what is made of it, and nothing is set aside', async () => {
  const { fixture, workspace, keep, giveBack } = await openScene();
  write(workspace.path, { 'half.txt': 'half\n' });
  await keep('r-1-1');
  expect(await giveBack('r-1-1')).toBe(true);
  write(workspace.path, { 'more.txt': 'more\n' });
  await keep('r-1-2');
  expect(kept(fixture, 'half.txt')).toEqual([ref]);
  expect(kept(fixture, 'more.txt')).toEqual([ref]);
});

test('what was given back and taken again before an agent had it is not given any more', async () => {
  const { fixture, workspace, keep, giveBack } = await openScene();
  write(workspace.path, { 'half.txt': 'half\n' });
  await keep('r-1-1');
  await giveBack('r-1-1');
  await keep('r-1-1');
  expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  await keep('r-1-2');
  expect(kept(fixture, 'half.txt')).toEqual([ref]);
  expect(await giveBack('r-1-1')).toBe(true);
  expect(existsSync(join(workspace.path, 'half.txt'))).toBe(true);
});

test('a keeping that was cut off while it cleaned, and is done again, loses nothing', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  const { objectsDir, env } = privateObjects(workspace);
  commit(workspace.path, { 'own.txt': 'own\n' }, 'own', env);
  write(workspace.path, { 'a.txt': 'changed\n', 'new.txt': 'new\n' });
  const keep = () => keepUnfinished(workspace, { start, objectsDir, ref, attemptId: 'r-1-1' });
  const first = await keep();
  // HEAD and tracked files are back, an untracked one is not gone yet.
  write(workspace.path, { 'new.txt': 'new\n' });
  expect(await keep()).toBe(first);
  expect(sh(fixture.root, ['for-each-ref', '--format=%(objectname)', 'refs/locus'])).toBe(first);
  expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
});

test('a giving back that was cut off, and is taken again, loses nothing', async () => {
  const { fixture, workspace, keep, giveBack } = await openScene();
  write(workspace.path, { 'a.txt': 'changed\n', 'half.txt': 'half\n' });
  await keep('r-1-1');
  await giveBack('r-1-1');
  rmSync(join(workspace.path, 'half.txt'));
  await keep('r-1-1');
  expect(kept(fixture, 'half.txt')).toEqual([ref]);
  expect(sh(fixture.root, ['for-each-ref', 'refs/locus/aside'])).toBe('');
});

test('what somebody adds to a tree whose work is kept already is kept beside it', async () => {
  const { fixture, workspace, keep, giveBack } = await openScene();
  write(workspace.path, { 'half.txt': 'half\n' });
  await keep('r-1-1');
  await giveBack('r-1-1');
  write(workspace.path, { 'mine.txt': 'by hand\n' });
  await keep('r-1-1');
  expect(kept(fixture, 'half.txt')).toContain(ref);
  expect(kept(fixture, 'mine.txt')).toEqual([expect.stringMatching(/^refs\/locus\/aside\/issue-1\/1\//)]);
});
