import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { leaveRoot } from '../../src/git/root.ts';
import { giveBackUnfinished, keepUnfinished } from '../../src/git/unfinished.ts';
import { commit, failureOf, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing\n';

describe('root mode', () => {
  test('works on the branch in the checkout and gives the old branch back', async () => {
    const fixture = await makeFixture();
    const { workspace, tip, returnTo } = await open(fixture, { mode: 'root' });
    expect(returnTo).toBe('main');
    write(workspace.path, { 'a.txt': 'changed\n', 'new.txt': 'n\n' });
    const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(work).toMatchObject({ leftover: true, files: 2 });
    expect(sh(fixture.root, ['status', '--porcelain'])).toBe('');
    expect(sh(fixture.root, ['symbolic-ref', '--short', 'HEAD'])).toBe('locus/issue-1');
    write(workspace.path, { 'a.txt': 'half\n', 'half.txt': 'n\n' });
    await cleanWorkspace(workspace, work.commit);
    expect(sh(fixture.root, ['status', '--porcelain'])).toBe('');
    await leaveRoot(workspace, 'main');
    expect(sh(fixture.root, ['symbolic-ref', '--short', 'HEAD'])).toBe('main');
    expect(sh(fixture.root, ['status', '--porcelain'])).toBe('');
    expect(readFileSync(join(fixture.root, 'a.txt'), 'utf8')).toBe('one\n');
  });

  test.each([
    ['a change', { 'a.txt': 'mine\n' }],
    ['an untracked file', { 'notes.txt': 'mine\n' }],
  ])('refuses a checkout with %s, and touches nothing', async (_, files) => {
    const fixture = await makeFixture();
    write(fixture.root, files);
    const failure = await failureOf(open(fixture, { mode: 'root' }));
    expect(failure.type).toBe('RepositoryInvalid');
    expect(sh(fixture.root, ['symbolic-ref', '--short', 'HEAD'])).toBe('main');
    expect(sh(fixture.root, ['branch', '--list', 'locus/*'])).toBe('');
  });
});

describe('the checkout on our branch', () => {
  const root = { mode: 'root', remote: null } as const;
  const ref = 'refs/locus/wip/issue-1/1';

  test.each([
    ['changed', { 'a.txt': 'mine\n' }],
    ['made', { 'notes.txt': 'mine\n' }],
  ])('is refused with a file that the person %s there while the run was halted', async (_, files) => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture, root);
    write(fixture.root, { 'half.txt': 'half\n' });
    await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
    write(fixture.root, { ...files, 'b.txt': 'staged\n' });
    sh(fixture.root, ['add', 'b.txt']);
    const before = sh(fixture.root, ['status', '--porcelain']);
    expect(await failureOf(open(fixture, root))).toMatchObject({
      type: 'RepositoryInvalid',
      details: { remedy: expect.stringContaining('stash') },
    });
    expect(sh(fixture.root, ['status', '--porcelain'])).toBe(before);
  });

  test('is taken with what was given back there by a step that was interrupted', async () => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture, root);
    write(fixture.root, { 'half.txt': 'half\n', 'a.txt': 'half\n' });
    await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
    await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' });
    expect((await open(fixture, root)).tip).toBe(start);
  });

  test('is taken where the branch was moved and the files not yet', async () => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture, root);
    write(fixture.root, { 'new.txt': 'new\n' });
    const { commit: made } = await collectWork(workspace, { start, objectsDir: null, message });
    sh(fixture.root, ['update-ref', '-m', 'moved', 'refs/heads/locus/issue-1', start]);
    expect(sh(fixture.root, ['status', '--porcelain'])).not.toBe('');
    expect((await open(fixture, root)).tip).toBe(start);
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1@{1}'])).toBe(made);
  });
});

describe('a checkout that is in the middle of something', () => {
  test.each([
    ['rebase', ['rebase', 'other']],
    ['merge', ['merge', 'other']],
    ['cherry-pick', ['cherry-pick', 'other']],
    ['bisect', ['bisect', 'start', 'HEAD', 'HEAD~1']],
  ])('a person, of a %s: it is refused, and named', async (name, args) => {
    const fixture = await makeFixture();
    halfDone(fixture.root, args);
    // Resolved, and still not finished.
    if (name !== 'bisect') sh(fixture.root, ['checkout', '-q', 'HEAD', '--', '.']);
    const failure = await failureOf(open(fixture, { mode: 'root', branch: 'locus/sprint-s' }));
    expect(failure).toMatchObject({
      type: 'RepositoryInvalid',
      message: expect.stringContaining(`middle of a ${name}`),
    });
  });

  test('an agent, of a merge: what it left is cleaned away', async () => {
    const fixture = await makeFixture();
    const branch = 'locus/sprint-s';
    const { workspace, tip } = await open(fixture, { mode: 'root', branch });
    halfDone(fixture.root, ['merge', 'other']);
    await cleanWorkspace(workspace, tip);
    expect(sh(fixture.root, ['status'])).toBe(`On branch ${branch}\nnothing to commit, working tree clean`);
  });
});

function halfDone(root: string, args: readonly string[]): void {
  commit(root, { 'a.txt': 'theirs\n' }, 'theirs');
  sh(root, ['branch', '-f', 'other']);
  sh(root, ['reset', '-q', '--hard', 'HEAD~1']);
  commit(root, { 'a.txt': 'ours\n' }, 'ours');
  try {
    sh(root, ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args]);
  } catch {
    // It has stopped at the conflict.
  }
}
