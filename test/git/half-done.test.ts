import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { halfDone } from '../../src/git/half-done.ts';
import { commit, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];

/** A worktree with two branches that disagree on a.txt, and agree on all else. */
async function divided() {
  const fixture = await makeFixture();
  const { path } = (await open(fixture)).workspace;
  const begin = sh(path, ['rev-parse', 'HEAD']);
  commit(path, { 'a.txt': 'theirs\n' }, 'theirs');
  sh(path, ['branch', 'other']);
  sh(path, ['reset', '-q', '--hard', begin]);
  commit(path, { 'more.txt': 'theirs\n' }, 'more');
  sh(path, ['branch', 'peaceful']);
  sh(path, ['reset', '-q', '--hard', begin]);
  commit(path, { 'a.txt': 'ours\n' }, 'ours');
  return { workspace: (await open(fixture)).workspace, path };
}

const stops = (path: string, ...args: string[]) => expect(() => sh(path, [...identity, ...args])).toThrow();

describe('a git command that an agent has left in its middle is told', () => {
  test.each<[string, string, (path: string) => void]>([
    ['a rebase that has met a conflict', 'rebase', (path) => stops(path, 'rebase', 'other')],
    [
      'a rebase whose conflict is resolved, but which was not gone on with',
      'rebase',
      (path) => {
        stops(path, 'rebase', 'other');
        write(path, { 'a.txt': 'both\n' });
        sh(path, ['add', '-A']);
      },
    ],
    ['a merge', 'merge', (path) => stops(path, 'merge', 'other')],
    [
      'a merge of which nobody knows, its index being damaged',
      'merge',
      (path) => {
        stops(path, 'merge', 'other');
        const adminDir = readFileSync(join(path, '.git'), 'utf8').trim().replace('gitdir: ', '');
        writeFileSync(join(adminDir, 'index'), 'nonsense');
      },
    ],
    ['a cherry-pick', 'cherry-pick', (path) => stops(path, 'cherry-pick', 'other')],
    ['a bisect', 'bisect', (path) => sh(path, ['bisect', 'start'])],
    [
      'a stash that was put back over other changes',
      'merge',
      (path) => {
        write(path, { 'a.txt': 'stashed\n' });
        sh(path, [...identity, 'stash']);
        commit(path, { 'a.txt': 'changed\n' });
        stops(path, 'stash', 'pop');
      },
    ],
  ])('%s', async (_, command, leave) => {
    const { workspace, path } = await divided();
    leave(path);
    expect(await halfDone(workspace)).toBe(command);
  });
});

describe('work like any other is', () => {
  test.each<[string, (path: string) => void]>([
    ['changes without a commit', (path) => write(path, { 'a.txt': 'more\n' })],
    ['a merge that waits for its commit', (path) => sh(path, [...identity, 'merge', '--no-commit', 'peaceful'])],
    ['a commit taken back without a commit', (path) => sh(path, [...identity, 'revert', '--no-commit', 'HEAD'])],
    [
      'a conflict that was resolved',
      (path) => {
        stops(path, 'merge', 'other');
        write(path, { 'a.txt': 'both\n' });
        sh(path, ['add', '-A']);
      },
    ],
  ])('%s', async (_, leave) => {
    const { workspace, path } = await divided();
    leave(path);
    expect(await halfDone(workspace)).toBeNull();
  });
});
