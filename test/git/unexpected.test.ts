import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Workspace } from '../../src/domain/workspace.ts';
import { cleanWorkspace, removeAgentLocks } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { discoverCheckout } from '../../src/git/discover.ts';
import { keepWhatLies } from '../../src/git/unfinished.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const ref = 'refs/locus/wip/issue-1/found-1';

/** What a task does first with a worktree that is there already. */
async function begin(fixture: Fixture): Promise<Workspace> {
  const { workspace, tip, created } = await open(fixture);
  if (created) await cleanWorkspace(workspace, tip);
  else await keepWhatLies(workspace, { start: tip, objectsDir: null, ref });
  return workspace;
}

/** Usable: clean, detached at its branch, in the middle of nothing; an agent commits in it, and we take that over. */
async function expectUsable(fixture: Fixture, workspace: Workspace, tip: string): Promise<void> {
  const { path } = workspace;
  expect(sh(path, ['status', '--porcelain=v2', '--branch'])).toBe(`# branch.oid ${tip}\n# branch.head (detached)`);
  expect(sh(path, ['status'])).not.toMatch(/rebas|merg|cherry|bisect|revert/i);
  expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(tip);
  commit(path, { 'after.txt': 'after\n' });
  const work = await collectWork(workspace, { start: tip, objectsDir: null, message: 'feat: x\n' });
  expect(work).toMatchObject({ ownCommits: 1, leftover: false, files: 1 });
  expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(work.commit);
}

/** A conflict in the worktree: a command that stops in the middle. */
function conflict(path: string, args: readonly string[]): void {
  commit(path, { 'a.txt': 'theirs\n' }, 'theirs');
  sh(path, ['branch', '-f', 'other']);
  sh(path, ['reset', '-q', '--hard', 'HEAD~1']);
  commit(path, { 'a.txt': 'ours\n' }, 'ours');
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  expect(() => sh(path, [...identity, ...args])).toThrow();
}

const admin = (path: string) => readFileSync(join(path, '.git'), 'utf8').trim().replace('gitdir: ', '');

describe('a worktree is repaired where', () => {
  test.each<[string, (path: string, fixture: Fixture) => void]>([
    ['a rebase is half done', (path) => conflict(path, ['rebase', 'other'])],
    ['a merge is half done', (path) => conflict(path, ['merge', 'other'])],
    ['a cherry-pick is half done', (path) => conflict(path, ['cherry-pick', 'other'])],
    [
      'a bisect is under way',
      (path) => {
        sh(path, ['bisect', 'start']);
        sh(path, ['bisect', 'bad']);
      },
    ],
    ['git was killed and left its locks', (path) => writeFileSync(join(admin(path), 'index.lock'), '')],
    ['its index is damaged', (path) => writeFileSync(join(admin(path), 'index'), 'nonsense')],
    [
      'our index is damaged',
      (_path, { repository }) => writeFileSync(join(repository.privateDir, 'index/issue-1'), 'nonsense'),
    ],
    ['its folder was deleted', (path) => rmSync(path, { recursive: true })],
    [
      'its folder was emptied',
      (path) => readdirSync(path).map((name) => rmSync(join(path, name), { recursive: true })),
    ],
    ['its .git was deleted', (path) => rmSync(join(path, '.git'))],
    ['its .git points elsewhere', (path, { remote }) => writeFileSync(join(path, '.git'), `gitdir: ${remote}\n`)],
    [
      'its .git is a repository',
      (path) => {
        rmSync(join(path, '.git'));
        sh(path, ['init', '-q']);
      },
    ],
    [
      'its .git is a link',
      (path, { root }) => {
        rmSync(join(path, '.git'));
        symlinkSync(join(root, '.git'), join(path, '.git'));
      },
    ],
    [
      'it was locked and deleted',
      (path, { root }) => {
        sh(root, ['worktree', 'lock', path]);
        rmSync(path, { recursive: true });
      },
    ],
    [
      'it was deleted and pruned',
      (path, { root }) => {
        rmSync(path, { recursive: true });
        sh(root, ['worktree', 'prune']);
      },
    ],
    ['its HEAD is on another branch', (path) => sh(path, ['switch', '-q', '-c', 'mine'])],
    ['its HEAD is on its own branch', (path) => sh(path, ['switch', '-q', 'locus/issue-1'])],
    ['its HEAD is nonsense', (path) => writeFileSync(join(admin(path), 'HEAD'), 'nonsense\n')],
    ['its HEAD is on a branch without commits', (path) => sh(path, ['switch', '-q', '--orphan', 'empty'])],
    ['it has a configuration of its own', (path) => writeFileSync(join(admin(path), 'config.worktree'), '[broken\n')],
  ])('%s', async (_, damage) => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    damage(workspace.path, fixture);
    await expectUsable(fixture, await begin(fixture), tip);
  });

  test('an older lock of a ref is left of a git that is dead since the machine was started', async () => {
    const fixture = await makeFixture();
    const lock = join(fixture.root, '.git/refs/heads/locus/issue-1.lock');
    write(fixture.root, { '.git/refs/heads/locus/issue-1.lock': '' });
    utimesSync(lock, 1, 1);
    const { workspace, tip } = await open(fixture);
    expect(existsSync(lock)).toBe(false);
    await expectUsable(fixture, workspace, tip);
  });
});

describe('the branch', () => {
  test('was deleted by a person: it is made anew from the base, and what lay in the worktree is kept', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'half\n' });
    sh(fixture.root, ['branch', '-D', 'locus/issue-1']);
    await expectUsable(fixture, await begin(fixture), tip);
  });

  test.each([
    ['forward', (fixture: Fixture) => commit(fixture.root, { 'by-hand.txt': 'x\n' })],
    ['backward', (fixture: Fixture) => sh(fixture.root, ['rev-parse', 'HEAD'])],
  ])('was moved %s by a person: the task begins there', async (_, move) => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture);
    write(workspace.path, { 'work.txt': 'x\n' });
    await collectWork(workspace, { start, objectsDir: null, message: 'feat: x\n' });
    sh(fixture.root, ['switch', '-q', '--detach', 'main']);
    const there = move(fixture);
    sh(fixture.root, ['branch', '-f', 'locus/issue-1', there]);
    await expectUsable(fixture, await begin(fixture), there);
  });

  test('was moved while the agent worked: its commits are not put over the other ones', async () => {
    const fixture = await makeFixture();
    const { workspace, tip: start } = await open(fixture);
    write(workspace.path, { 'work.txt': 'x\n' });
    sh(fixture.root, ['switch', '-q', '--detach', 'main']);
    const there = commit(fixture.root, { 'by-hand.txt': 'x\n' });
    sh(fixture.root, ['branch', '-f', 'locus/issue-1', there]);
    const failure = await failureOf(collectWork(workspace, { start, objectsDir: null, message: 'feat: x\n' }));
    expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringContaining('was moved to') });
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(there);
  });
});

describe('refused in words', () => {
  test.each<[string, RegExp, (path: string, fixture: Fixture) => void]>([
    [
      'a lock that may be held',
      /another git command holds a lock.*issue-1\.lock/s,
      (_path, { root }) => {
        sh(root, ['branch', '-D', 'locus/issue-1']);
        write(root, { '.git/refs/heads/locus/issue-1.lock': '' });
      },
    ],
    [
      'a link in place of the worktree',
      /something else is in its place/,
      (path, { stateDir }) => {
        rmSync(path, { recursive: true });
        symlinkSync(stateDir, path);
      },
    ],
    [
      'git has forgotten the worktree while its files are there',
      /no worktree of this repository is in its place/,
      (path) => rmSync(admin(path), { recursive: true }),
    ],
    [
      'a person works on the branch elsewhere',
      /is checked out in .*theirs/,
      (_path, { root, stateDir }) => sh(root, ['worktree', 'add', '-q', join(stateDir, 'theirs'), 'locus/issue-1']),
    ],
    [
      'objects of the branch are missing',
      /the repository is damaged: .*[0-9a-f]{40}/,
      (_path, { root, first }) => {
        const tree = sh(root, ['rev-parse', `${first}^{tree}`]);
        rmSync(join(root, '.git/objects', tree.slice(0, 2), tree.slice(2)));
      },
    ],
  ])('%s', async (_, says, damage) => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    write(workspace.path, { 'half.txt': 'half\n' });
    damage(workspace.path, fixture);
    const failure = await failureOf(begin(fixture));
    expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringMatching(says) });
  });
});

test('a worktree that was moved with its repository is refused until git knows where it is', async () => {
  const fixture = await makeFixture();
  const { tip } = await open(fixture);
  const root = `${fixture.root} moved`;
  renameSync(fixture.root, root);
  const moved = { ...fixture, root, repository: (await discoverCheckout(root, fixture.stateDir)).repository };
  expect((await failureOf(begin(moved))).message).toContain('`git worktree repair');
  sh(root, ['worktree', 'repair', join(root, '.locus/worktrees/issue-1')]);
  await expectUsable(moved, await begin(moved), tip);
});

test('the next agent can commit although a killed one has left the lock of its index', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  writeFileSync(join(admin(workspace.path), 'index.lock'), '');
  expect(() => sh(workspace.path, ['add', '-A'])).toThrow(/index\.lock/);
  await removeAgentLocks(workspace);
  await expectUsable(fixture, workspace, tip);
});

test('a worktree whose git folder is gone is told in words before an agent is started in it', async () => {
  const { workspace } = await open(await makeFixture());
  rmSync(admin(workspace.path), { recursive: true });
  expect((await failureOf(removeAgentLocks(workspace))).message).toContain('its git folder is gone');
});
