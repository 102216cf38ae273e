import { afterAll, describe, expect, test } from '@jest/globals';
import { bringBaseIn } from '../../src/git/base.ts';
import { fetchBranches } from '../../src/git/branches.ts';
import { collectWork } from '../../src/git/collect.ts';
import { pushCommit } from '../../src/git/push.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing (#1)\n\nLocus-Run: r\n';
const defaults = { base: 'refs/remotes/origin/main', baseBranch: 'main', pushed: false, updateWith: 'merge' } as const;

/** A workspace with one commit on its branch, and a base that moved on meanwhile, with the given files. */
async function diverged(ours: Record<string, string>, theirs: Record<string, string>) {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  write(workspace.path, ours);
  const { commit: tip } = await collectWork(workspace, {
    start,
    objectsDir: null,
    message,
    author: { name: 'Ünal', email: 'u@example.com' },
  });
  const base = await moveBase(fixture, theirs);
  return { fixture, workspace, tip, base };
}

async function moveBase(fixture: Fixture, files: Record<string, string>): Promise<string> {
  const base = commit(fixture.root, files, 'base moved');
  sh(fixture.root, ['push', '-q', 'origin', 'main']);
  await fetchBranches(fixture.repository, 'origin', ['main']);
  return base;
}

describe('the base is brought in', () => {
  test('a branch that has it already stays', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    expect(await bringBaseIn(workspace, { ...defaults, tip })).toEqual({ tip, how: 'current' });
  });

  test('a branch without commits of its own is reset to it', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const base = await moveBase(fixture, { 'c.txt': 'c\n' });
    expect(await bringBaseIn(workspace, { ...defaults, tip })).toEqual({ tip: base, how: 'reset' });
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(sh(workspace.path, ['rev-parse', 'HEAD', 'locus/issue-1'])).toBe(`${base}\n${base}`);
  });

  test('a branch that nobody has seen is rebased, with authors and messages', async () => {
    const { fixture, workspace, tip, base } = await diverged({ 'a.txt': 'ours\n' }, { 'b.txt': 'theirs\n' });
    const updated = await bringBaseIn(workspace, { ...defaults, tip });
    expect(updated.how).toBe('rebased');
    expect(sh(fixture.root, ['log', '-1', '--format=%an|%P|%B', updated.tip])).toBe(`Ünal|${base}|${message.trim()}`);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(sh(fixture.root, ['show', `${updated.tip}:b.txt`, `${updated.tip}:a.txt`])).toBe('theirs\nours');
  });

  test('a pushed branch gets it merged', async () => {
    const { fixture, workspace, tip, base } = await diverged({ 'a.txt': 'ours\n' }, { 'b.txt': 'theirs\n' });
    const updated = await bringBaseIn(workspace, { ...defaults, tip, pushed: true });
    expect(updated.how).toBe('merged');
    expect(sh(fixture.root, ['log', '-1', '--format=%P', updated.tip])).toBe(`${tip} ${base}`);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  });

  test('a pushed branch is rebased where that is wished, and pushed with a lease', async () => {
    const { fixture, workspace, tip } = await diverged({ 'a.txt': 'ours\n' }, { 'b.txt': 'theirs\n' });
    const push = { repository: fixture.repository, remote: 'origin', branch: workspace.branch, defaultBranch: 'main' };
    await pushCommit({ ...push, commit: tip, protectedBranches: [] });
    const updated = await bringBaseIn(workspace, { ...defaults, tip, pushed: true, updateWith: 'rebase' });
    expect(updated.how).toBe('rebased');
    const plain = await failureOf(pushCommit({ ...push, commit: updated.tip, protectedBranches: [] }));
    expect(plain.type).toBe('PushRefused');
    const wrong = { expected: updated.tip };
    expect(
      (await failureOf(pushCommit({ ...push, commit: updated.tip, protectedBranches: [], lease: wrong }))).type,
    ).toBe('PushRefused');
    await pushCommit({ ...push, commit: updated.tip, protectedBranches: [], lease: { expected: tip } });
    expect(sh(fixture.remote, ['rev-parse', 'refs/heads/locus/issue-1'])).toBe(updated.tip);
  });

  test('a commit that the base has too is left out of the rebase', async () => {
    const { fixture, workspace, tip, base } = await diverged({ 'a.txt': 'same\n' }, { 'a.txt': 'same\n' });
    expect(await bringBaseIn(workspace, { ...defaults, tip })).toEqual({ tip: base, how: 'rebased' });
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(base);
  });

  test('the same file changed in different places is no conflict', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const fixture = await makeFixture();
    commit(fixture.root, { 'long.txt': lines.join('\n') });
    sh(fixture.root, ['push', '-q', 'origin', 'main']);
    await fetchBranches(fixture.repository, 'origin', ['main']);
    const { workspace, tip: start } = await open(fixture);
    write(workspace.path, { 'long.txt': ['ours', ...lines.slice(1)].join('\n') });
    const { commit: tip } = await collectWork(workspace, { start, objectsDir: null, message });
    await moveBase(fixture, { 'long.txt': [...lines.slice(0, -1), 'theirs'].join('\n') });
    expect((await bringBaseIn(workspace, { ...defaults, tip, pushed: true })).how).toBe('merged');
  });

  test('a conflict names the files and changes nothing', async () => {
    const files = { 'a.txt': 'ours\n', 'ü b.txt': 'ours\n' };
    const { fixture, workspace, tip } = await diverged(files, { 'a.txt': 'theirs\n', 'ü b.txt': 'theirs\n' });
    const failure = await failureOf(bringBaseIn(workspace, { ...defaults, tip }));
    expect(failure).toMatchObject({ type: 'BaseConflict', details: { files: ['a.txt', 'ü b.txt'] } });
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(tip);
  });

  test('a base that does not exist is named', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const failure = await failureOf(bringBaseIn(workspace, { ...defaults, base: 'nope', baseBranch: 'nope', tip }));
    expect(failure).toMatchObject({ type: 'RepositoryInvalid', message: expect.stringContaining('nope') });
    expect(
      (await failureOf(open(fixture, { name: 'issue-2', branch: 'locus/issue-2', baseBranch: 'nope' }))).type,
    ).toBe('RepositoryInvalid');
  });
});
