import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { fetchBranches } from '../../src/git/branches.ts';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { notePushed, pushedTip } from '../../src/git/pushed.ts';
import { listWorkspaces } from '../../src/git/remove.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing\n';

describe('a workspace is opened', () => {
  test('detached at its branch, hidden from git status, without an upstream', async () => {
    const fixture = await makeFixture();
    const { workspace, created, tip } = await open(fixture);
    expect({ created, tip }).toEqual({ created: true, tip: fixture.first });
    expect(sh(workspace.path, ['rev-parse', '--abbrev-ref', 'HEAD'])).toBe('HEAD');
    expect(sh(fixture.root, ['status', '--porcelain'])).toBe('');
    expect(sh(fixture.root, ['config', '--list', '--local'])).not.toContain('branch.locus');
    await open(fixture);
    const exclude = readFileSync(join(fixture.root, '.git/info/exclude'), 'utf8');
    expect(exclude.split('\n').filter((line) => line === '.locus/worktrees/')).toHaveLength(1);
  });

  test('twelve at once, on one repository', async () => {
    const fixture = await makeFixture();
    const opened = await Promise.all(
      Array.from({ length: 12 }, (_, n) => open(fixture, { name: `issue-${n}`, branch: `locus/issue-${n}` })),
    );
    expect(opened.map(({ created }) => created)).toEqual(Array(12).fill(true));
    expect(await listWorkspaces(fixture.repository)).toHaveLength(12);
  }, 30_000);

  test('again as it was left: an interrupted change is still there', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    write(workspace.path, { 'half.txt': 'x' });
    const again = await open(fixture);
    expect(again.created).toBe(false);
    expect(again.workspace).toEqual(workspace);
    expect(existsSync(join(workspace.path, 'half.txt'))).toBe(true);
  });

  test('at what was pushed alone, where that is asked for; what was not is set aside', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    const late = commit(workspace.path, { 'late.txt': 'late' });
    sh(fixture.root, ['update-ref', 'refs/heads/locus/issue-1', late]);
    const again = await open(fixture, { onlyPushed: 'always' });
    expect(again.tip).toBe(fixture.first);
    expect(sh(fixture.root, ['rev-parse', `refs/locus/aside/issue-1/${late.slice(0, 12)}`])).toBe(late);

    const theirs = await commitOnRemote(fixture, 'locus/issue-1', { 'r.txt': 'r\n' });
    sh(fixture.root, ['update-ref', 'refs/heads/locus/issue-1', late]);
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    expect((await open(fixture, { onlyPushed: 'always' })).tip).toBe(theirs);
  });

  test('with what was not pushed, where that is set aside only once the remote has parted from it', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    const late = commit(workspace.path, { 'late.txt': 'late' });
    sh(fixture.root, ['update-ref', 'refs/heads/locus/issue-1', late]);
    expect((await open(fixture, { onlyPushed: 'where parted' })).tip).toBe(late);

    const theirs = await commitOnRemote(fixture, 'locus/issue-1', { 'r.txt': 'r\n' });
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    expect((await open(fixture, { onlyPushed: 'where parted' })).tip).toBe(theirs);
    expect(sh(fixture.root, ['rev-parse', `refs/locus/aside/issue-1/${late.slice(0, 12)}`])).toBe(late);
  });

  test('from the branch on the remote where only that has it, and brought forward where it is ahead', async () => {
    const fixture = await makeFixture();
    const theirs = await commitOnRemote(fixture, 'locus/issue-1', { 'r.txt': 'r\n' });
    await fetchBranches(fixture.repository, 'origin', ['main', 'locus/issue-1']);
    expect((await open(fixture)).tip).toBe(theirs);
    const further = await commitOnRemote(fixture, 'locus/issue-1', { 's.txt': 's\n' });
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    expect((await open(fixture)).tip).toBe(further);
  });

  test('not where the branch and the remote have different commits', async () => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture);
    write(workspace.path, { 'a.txt': 'ours\n' });
    const { commit: tip } = await collectWork(workspace, { start, objectsDir: null, message });
    await commitOnRemote(fixture, 'locus/issue-1', { 'r.txt': 'r\n' });
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    expect((await failureOf(open(fixture))).type).toBe('WorkspaceBroken');
    // Nor where ours may be rebased: the commit there is somebody else's.
    expect((await failureOf(open(fixture, { updateWith: 'rebase' }))).type).toBe('WorkspaceBroken');
    await notePushed(fixture.repository, 'locus/issue-1', sh(fixture.root, ['rev-parse', 'origin/locus/issue-1']));
    expect((await open(fixture, { updateWith: 'rebase' })).tip).toBe(tip);
  });

  test('with what is on the remote noted before ours may be rebased, also where it was pushed by a run that never would', async () => {
    const fixture = await makeFixture();
    const theirs = await commitOnRemote(fixture, 'locus/issue-1', { 'r.txt': 'r\n' });
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    await open(fixture);
    expect(await pushedTip(fixture.repository, 'locus/issue-1')).toBeNull();
    await open(fixture, { updateWith: 'rebase' });
    expect(await pushedTip(fixture.repository, 'locus/issue-1')).toBe(theirs);
  });

  test.each([
    ['deleted', (path: string) => rmSync(path, { recursive: true })],
    ['without its .git', (path: string) => rmSync(join(path, '.git'))],
    ['with another .git', (path: string) => writeFileSync(join(path, '.git'), 'gitdir: /nowhere\n')],
  ])('and repaired where its folder is %s', async (_, damage) => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    damage(workspace.path);
    const again = await open(fixture);
    await cleanWorkspace(again.workspace, again.tip);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  });

  test('and repaired where it was locked and deleted, or our git was killed in the middle', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    writeFileSync(`${workspace.indexFile}.lock`, '');
    await cleanWorkspace((await open(fixture)).workspace, fixture.first);
    sh(fixture.root, ['worktree', 'lock', workspace.path]);
    rmSync(workspace.path, { recursive: true });
    expect((await open(fixture)).created).toBe(true);
  });

  test('not where a folder of somebody else is in its place', async () => {
    const fixture = await makeFixture();
    write(join(fixture.root, '.locus/worktrees/issue-1'), { 'precious.txt': 'x' });
    expect(await failureOf(open(fixture))).toMatchObject({
      type: 'WorkspaceBroken',
      message: expect.stringContaining('no worktree'),
    });
    expect(existsSync(join(fixture.root, '.locus/worktrees/issue-1/precious.txt'))).toBe(true);
  });

  test('not where the person has the branch checked out, here or in a worktree of theirs', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['switch', '-q', '-c', 'locus/issue-1']);
    expect(await failureOf(open(fixture))).toMatchObject({
      type: 'WorkspaceBroken',
      message: expect.stringContaining('checked out'),
    });
    sh(fixture.root, ['switch', '-q', 'main']);
    sh(fixture.root, ['worktree', 'add', '-q', join(fixture.stateDir, 'theirs'), 'locus/issue-1']);
    expect((await failureOf(open(fixture))).message).toContain('theirs');
  });

  test('beside a worktree of the person that has the same name', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['worktree', 'add', '-q', '--detach', join(fixture.stateDir, 'issue-1')]);
    const { workspace } = await open(fixture);
    expect(workspace.adminDir).toBe(join(fixture.repository.commonDir, 'worktrees/issue-11'));
  });

  test('not under a name that leads elsewhere', async () => {
    const fixture = await makeFixture();
    expect((await failureOf(open(fixture, { name: '../x' }))).type).toBe('WorkspaceBroken');
  });

  test('in a repository with a submodule, which is left alone', async () => {
    const fixture = await makeFixture();
    const library = await makeFixture();
    sh(fixture.root, ['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', library.remote, 'lib']);
    commit(fixture.root, { '.gitmodules': readFileSync(join(fixture.root, '.gitmodules'), 'utf8') });
    const { workspace, tip } = await open(fixture, { remote: null });
    write(workspace.path, { 'a.txt': 'changed\n' });
    const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(work.files).toBe(1);
    await cleanWorkspace(workspace, work.commit);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  });
});

async function commitOnRemote(fixture: Fixture, branch: string, files: Record<string, string>): Promise<string> {
  const clone = join(fixture.stateDir, `clone-${Object.keys(files)[0]}`);
  mkdirSync(fixture.stateDir, { recursive: true });
  sh(fixture.stateDir, ['clone', '-q', fixture.remote, clone]);
  const known = sh(clone, ['branch', '-r', '--list', `origin/${branch}`]) !== '';
  sh(clone, ['switch', '-q', ...(known ? [branch] : ['-c', branch])]);
  const made = commit(clone, files);
  sh(clone, ['push', '-q', 'origin', branch]);
  return made;
}
