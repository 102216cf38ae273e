import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isAncestor } from '../../src/git/branches.ts';
import { collectWork } from '../../src/git/collect.ts';
import { soFar } from '../../src/git/diff.ts';
import { discoverCheckout, isClean } from '../../src/git/discover.ts';
import { openWorkspace } from '../../src/git/open.ts';
import { pushCommit } from '../../src/git/push.ts';
import { defaultBranchOf, describeRemote, openMirror, parseAddress } from '../../src/git/remote.ts';
import { commit, failureOf, makeFixture, open, removeFolders, sh, temporaryFolder, write } from './support.ts';

afterAll(removeFolders);

describe('a checkout is found', () => {
  test('from a folder deep inside it, and from one of its worktrees', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    mkdirSync(join(fixture.root, 'deep/er'), { recursive: true });
    const found = await discoverCheckout(join(fixture.root, 'deep/er'), fixture.stateDir);
    expect(found).toMatchObject({ root: fixture.root, currentBranch: 'main', isShallow: false, hasCommits: true });
    expect((await discoverCheckout(workspace.path, fixture.stateDir)).repository).toEqual(found.repository);
    expect(found.repository).toMatchObject({
      commonDir: join(fixture.root, '.git'),
      bare: false,
      worktreesDir: join(fixture.root, '.locus/worktrees'),
    });
  });

  test('empty: without commits', async () => {
    const folder = temporaryFolder();
    sh(folder, ['init', '-q', '-b', 'main']);
    const found = await discoverCheckout(folder, folder);
    expect(found).toMatchObject({ hasCommits: false, currentBranch: 'main' });
    const request = {
      mode: 'worktree',
      name: 'issue-1',
      branch: 'locus/issue-1',
      baseBranch: 'main',
      remote: null,
    } as const;
    expect((await failureOf(openWorkspace({ repository: found.repository, ...request }))).type).toBe(
      'RepositoryInvalid',
    );
  });

  test('shallow: said so, and worked in', async () => {
    const fixture = await makeFixture();
    commit(fixture.root, { 'c.txt': 'c\n' });
    sh(fixture.root, ['push', '-q', 'origin', 'main']);
    const clone = join(fixture.stateDir, 'shallow');
    sh(fixture.root, ['clone', '-q', '--depth=1', `file://${fixture.remote}`, clone]);
    const found = await discoverCheckout(clone, fixture.stateDir);
    expect(found.isShallow).toBe(true);
    const { workspace, tip } = await open({ ...fixture, repository: found.repository });
    write(workspace.path, { 'a.txt': 'changed\n' });
    const { commit: made } = await collectWork(workspace, { start: tip, objectsDir: null, message: 'feat: x\n' });
    const push = { repository: found.repository, remote: 'origin', branch: workspace.branch, commit: made };
    await pushCommit({ ...push, defaultBranch: 'main', protectedBranches: [] });
    expect(sh(fixture.remote, ['rev-parse', 'locus/issue-1'])).toBe(made);
  });

  test('not where there is none', async () => {
    const folder = temporaryFolder();
    expect(await failureOf(discoverCheckout(folder, folder))).toMatchObject({
      type: 'RepositoryInvalid',
      message: `${folder} is not in a git repository`,
    });
    expect((await failureOf(discoverCheckout(join(folder, 'nope'), folder))).type).toBe('RepositoryInvalid');
  });

  test('clean or not', async () => {
    const fixture = await makeFixture();
    write(fixture.root, { 'ignored/x.txt': 'x' });
    expect(await isClean(fixture.root)).toBe(true);
    write(fixture.root, { 'new.txt': 'x' });
    expect(await isClean(fixture.root)).toBe(false);
  });
});

describe('a remote is described', () => {
  test.each([
    ['https://github.com/acme/shop.git', 'github.com', 'acme', 'shop'],
    ['https://git.example.com:8443/acme/shop', 'git.example.com:8443', 'acme', 'shop'],
    ['git@github.com:acme/shop.git', 'github.com', 'acme', 'shop'],
    ['ssh://git@github.com:22/acme/my.shop.git/', 'github.com:22', 'acme', 'my.shop'],
    ['/srv/git/shop.git', null, null, null],
    ['file:///srv/git/shop.git', null, null, null],
    ['../shop.git', null, null, null],
  ])('%s', (url, host, owner, repo) => {
    expect(parseAddress(url)).toEqual({ host, owner, repo });
  });

  test('without its password, with its default branch', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['remote', 'set-url', 'origin', 'https://user:pass@github.com/acme/shop.git']);
    expect(await describeRemote(fixture.root)).toEqual({
      name: 'origin',
      url: 'https://github.com/acme/shop.git',
      host: 'github.com',
      owner: 'acme',
      repo: 'shop',
      defaultBranch: 'main',
    });
  });

  test('asked itself where nothing else tells its default branch', async () => {
    const fixture = await makeFixture();
    sh(fixture.remote, ['update-ref', 'refs/heads/trunk', fixture.first]);
    sh(fixture.remote, ['symbolic-ref', 'HEAD', 'refs/heads/trunk']);
    expect((await describeRemote(fixture.root, true))?.defaultBranch).toBe('trunk');
  });

  test('by its only name, and null where there is none', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['remote', 'rename', 'origin', 'upstream']);
    expect((await describeRemote(fixture.root))?.name).toBe('upstream');
    sh(fixture.root, ['remote', 'remove', 'upstream']);
    expect(await describeRemote(fixture.root)).toBeNull();
  });
});

test('without a remote the default branch is of the usual names, never what is checked out', async () => {
  const { root, repository } = await makeFixture();
  sh(root, ['switch', '-q', '-c', 'mine']);
  expect(await defaultBranchOf(null, repository.commonDir)).toBe('main');
  sh(root, ['branch', '-q', '-m', 'main', 'master']);
  expect(await defaultBranchOf(null, repository.commonDir)).toBe('master');
  sh(root, ['config', 'init.defaultBranch', 'trunk']);
  expect(await defaultBranchOf(null, repository.commonDir)).toBe('master');
  sh(root, ['branch', '-q', '-m', 'master', 'trunk']);
  expect(await defaultBranchOf(null, repository.commonDir)).toBe('trunk');
  sh(root, ['config', 'init.defaultBranch', 'other']);
  expect(await defaultBranchOf(null, repository.commonDir)).toBeNull();
});

test('a mirror is made once and worked from, without a password in its config', async () => {
  const fixture = await makeFixture();
  const folder = { path: join(fixture.stateDir, 'mirrors', 'shop.git'), stateDir: fixture.stateDir };
  const first = await openMirror(fixture.remote, folder);
  const repository = await openMirror(fixture.remote, folder);
  expect(repository).toEqual(first);
  const { workspace, tip } = await open({ ...fixture, repository });
  expect(tip).toBe(fixture.first);
  write(workspace.path, { 'a.txt': 'changed\n' });
  const { commit: made } = await collectWork(workspace, { start: tip, objectsDir: null, message: 'feat: x\n' });
  const push = { repository, remote: 'origin', branch: workspace.branch, commit: made };
  await pushCommit({ ...push, defaultBranch: 'main', protectedBranches: [] });
  expect(sh(fixture.remote, ['rev-parse', 'locus/issue-1'])).toBe(made);
});

describe('the sprint so far', () => {
  test('is the whole diff where it is small', async () => {
    const fixture = await makeFixture();
    const tip = commit(fixture.root, { 'a.txt': 'changed\n' });
    const text = await soFar(fixture.repository, fixture.first, tip);
    expect(text).toContain('-one\n+changed');
    expect(await soFar(fixture.repository, tip, tip)).toBe('');
  });

  test('is what the branch has changed, not what its base has meanwhile', async () => {
    const fixture = await makeFixture();
    const { root } = fixture;
    const base = commit(root, { 'of-base.txt': 'later\n' });
    sh(root, ['switch', '-q', '-c', 'work', fixture.first]);
    const tip = commit(root, { 'of-work.txt': 'work\n' });
    const text = await soFar(fixture.repository, base, tip);
    expect([text.includes('of-work.txt'), text.includes('of-base.txt')]).toEqual([true, false]);
  });

  test('lists all files and shows the smallest ones where it is large, and says so', async () => {
    const fixture = await makeFixture();
    const tip = commit(fixture.root, {
      'small.txt': 'small\n',
      'wide.txt': 'ü'.repeat(5_000_000),
      'long.txt': 'line\n'.repeat(500_000),
      'image.bin': '\0\0\0',
      'odd\nname.txt': 'odd\n',
    });
    const text = await soFar(fixture.repository, fixture.first, tip, { maxBytes: 10_000 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(10_000);
    expect(text).toContain('"long.txt" +500000 -0');
    expect(text).toContain('"image.bin" (binary)');
    expect(text).toContain('+small');
    expect(text).toContain('"odd\\nname.txt" +1 -0');
    expect(text).toContain('3 of 5 files are listed without their diff');
  });

  test('is bounded although thousands of files changed', async () => {
    const fixture = await makeFixture();
    const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`files/file-number-${n}.txt`, `${n}\n`]));
    const tip = commit(fixture.root, files);
    const text = await soFar(fixture.repository, fixture.first, tip, { maxBytes: 5_000 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(5_000);
    expect(text).toContain('more files');
  });

  test('of many files shows what changed last, also when it is asked again after the next commit', async () => {
    const fixture = await makeFixture();
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`files/${n}.txt`, `${n}\n`.repeat(20)]));
    commit(fixture.root, files);
    const latest = commit(fixture.root, { 'files/7.txt': 'seven\n' });
    const ask = (tip: string) => soFar(fixture.repository, fixture.first, tip, { maxBytes: 9_000 });
    const text = await ask(latest);
    expect([text.includes('+seven'), text.includes('"files/299.txt"'), Buffer.byteLength(text) <= 9_000]).toEqual([
      true,
      true,
      true,
    ]);
    const next = commit(fixture.root, { 'files/8.txt': 'eight\n' });
    await isAncestor(fixture.repository, latest, next);
    const later = await ask(next);
    expect([later.includes('+eight'), later.includes('+seven')]).toEqual([true, true]);
    expect(later).toContain('of 300 files are listed without their diff');
  });
});
