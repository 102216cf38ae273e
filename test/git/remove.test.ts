import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { collectWork } from '../../src/git/collect.ts';
import { pushCommit } from '../../src/git/push.ts';
import { pruneWorkspaces, removeWorkspace } from '../../src/git/remove.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing\n';

describe('workspaces are removed', () => {
  test('where their work is pushed, together with what git knows of them', async () => {
    const fixture = await makeFixture();
    const workspace = await worked(fixture, true);
    await removeWorkspace(workspace, { remote: 'origin' });
    expect(sh(fixture.root, ['worktree', 'list', '--porcelain']).match(/^worktree /gm)).toHaveLength(1);
    expect(sh(fixture.root, ['branch', '--list', '--format=%(refname:short)', 'locus/*'])).toBe('locus/issue-1');
    expect((await open(fixture)).created).toBe(true);
  });

  test('not where their work is not pushed, unless there is no remote or one is told to', async () => {
    const fixture = await makeFixture();
    const workspace = await worked(fixture, false);
    expect((await failureOf(removeWorkspace(workspace, { remote: 'origin' }))).type).toBe('WorkspaceBroken');
    expect(await pruneWorkspaces(fixture.repository, { remove: ['issue-1'], remote: 'origin' })).toEqual([]);
    expect(await pruneWorkspaces(fixture.repository, { remove: [], remote: null })).toEqual([]);
    expect(await pruneWorkspaces(fixture.repository, { remove: ['issue-1'], remote: null })).toEqual(['issue-1']);
  });

  test.each([
    ['changes', (path: string) => write(path, { 'a.txt': 'half\n' })],
    ['new files', (path: string) => write(path, { 'new.txt': 'half\n' })],
    ['commits on no branch', (path: string) => void commit(path, { 'c.txt': 'c\n' })],
    ['a planted repository', (path: string) => void sh(path, ['init', '-q', 'nested'])],
  ])('never where they hold %s', async (_, change) => {
    const fixture = await makeFixture();
    const workspace = await worked(fixture, true);
    change(workspace.path);
    expect(await pruneWorkspaces(fixture.repository, { remove: ['issue-1'], remote: null })).toEqual([]);
    expect(existsSync(workspace.path)).toBe(true);
    await removeWorkspace(workspace, { remote: null, force: true });
    expect(existsSync(workspace.path)).toBe(false);
  });
});

async function worked(fixture: Fixture, pushed: boolean) {
  const { workspace, tip: start } = await open(fixture);
  write(workspace.path, { 'w.txt': 'work\n' });
  const { commit: made } = await collectWork(workspace, { start, objectsDir: null, message });
  const push = { repository: fixture.repository, remote: 'origin', branch: workspace.branch, commit: made };
  if (pushed) await pushCommit({ ...push, defaultBranch: 'main', protectedBranches: [] });
  return workspace;
}
