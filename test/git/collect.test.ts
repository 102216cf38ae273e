import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { writeHead } from '../../src/git/place.ts';
import { pushCommit } from '../../src/git/push.ts';
import { commit, failureOf, makeFixture, open, privateObjects, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing (#1)\n\nLocus-Run: r\nLocus-Issue: 1\n';

/** A workspace that had a commit of ours, at that. */
async function openWithWork() {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  write(workspace.path, { 'first.txt': 'x\n' });
  const { commit: tip } = await collectWork(workspace, { start, objectsDir: null, message: 'first' });
  return { fixture, workspace, tip };
}

describe('what an agent left becomes commits on the branch', () => {
  test('what it did not commit becomes one commit of ours, with the trailers', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'changed\n', 'new/file.txt': 'x\n' });
    rmSync(join(workspace.path, 'b.txt'));
    const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(work).toEqual({ commit: expect.any(String), ownCommits: 0, leftover: true, files: 3 });
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(work.commit);
    expect(sh(fixture.root, ['log', '-1', '--format=%(trailers)', work.commit])).toBe('Locus-Run: r\nLocus-Issue: 1');
    expect(sh(workspace.path, ['rev-parse', 'HEAD'])).toBe(work.commit);
    expect(sh(fixture.root, ['rev-parse', `${work.commit}^@`])).toBe(tip);
  });

  test('what comes after the first commit is committed by one command, to the same effect', async () => {
    const { fixture, workspace, tip } = await openWithWork();
    write(workspace.path, { 'a.txt': 'changed\n' });
    rmSync(join(workspace.path, 'b.txt'));
    const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(work).toEqual({ commit: expect.any(String), ownCommits: 0, leftover: true, files: 2 });
    expect(sh(fixture.root, ['reflog', '-1', '--format=%gs', 'locus/issue-1'])).toBe('commit: feat: a thing (#1)');
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1', `${work.commit}^@`]).split('\n')).toEqual([
      work.commit,
      tip,
    ]);
    expect(sh(workspace.path, ['rev-parse', 'HEAD'])).toBe(work.commit);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  });

  test('a message is taken as it is, and no setting of a person has a part in it', async () => {
    const { fixture, workspace, tip } = await openWithWork();
    for (const [key, value] of [
      ['commit.gpgSign', 'true'],
      ['commit.cleanup', 'strip'],
      ['commit.template', '/nowhere'],
      ['core.logAllRefUpdates', 'false'],
    ] as const)
      sh(fixture.root, ['config', key, value]);
    write(workspace.path, { 'a.txt': 'changed\n' });
    const odd = 'feat: a thing\n\n# no comment\n\n\n  two lines above\n';
    const { commit: made } = await collectWork(workspace, { start: tip, objectsDir: null, message: odd });
    expect(sh(fixture.root, ['log', '-1', '--format=%B', made])).toBe(odd.trimEnd());
  });

  test('a try that was cut off after its commit is gone on with', async () => {
    const { workspace, tip } = await openWithWork();
    write(workspace.path, { 'a.txt': 'changed\n' });
    const once = await collectWork(workspace, { start: tip, objectsDir: null, message });
    await writeHead(workspace, tip);
    // Another second, and so another hash, were it made again.
    await delay(1100);
    const twice = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(twice.commit).toBe(once.commit);
    expect(sh(workspace.path, ['rev-parse', 'HEAD'])).toBe(once.commit);
  });

  test('a branch that somebody has moved meanwhile is left as it is', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'changed\n' });
    const other = commit(fixture.root, { 'other.txt': 'x\n' });
    sh(fixture.root, ['update-ref', 'refs/heads/locus/issue-1', other]);
    const failure = await failureOf(collectWork(workspace, { start: tip, objectsDir: null, message }));
    expect(failure.message).toContain('was moved to');
    expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(other);
  });

  test('its own commits stay as they are, also when its objects are in a folder of their own', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const { objectsDir, env } = privateObjects(workspace);
    const own = commitAs(workspace.path, { 'own.txt': 'mine\n' }, env);
    write(workspace.path, { 'rest.txt': 'rest\n' });
    const work = await collectWork(workspace, { start: tip, objectsDir, message });
    expect(work).toMatchObject({ ownCommits: 1, leftover: true, files: 2 });
    rmSync(objectsDir, { recursive: true });
    expect(sh(fixture.root, ['log', '--format=%H %s', `${tip}..locus/issue-1`]).split('\n')).toEqual([
      `${work.commit} feat: a thing (#1)`,
      `${own} an agent's own`,
    ]);
    expect(sh(fixture.root, ['fsck', '--connectivity-only', 'locus/issue-1'])).not.toContain('missing');
  });

  test('nothing changed leaves the branch where it was', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(work).toEqual({ commit: tip, ownCommits: 0, leftover: false, files: 0 });
  });

  test('doing it again changes nothing', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'changed\n' });
    const once = await collectWork(workspace, { start: tip, objectsDir: null, message });
    const twice = await collectWork(workspace, { start: tip, objectsDir: null, message });
    expect(twice.commit).toBe(once.commit);
  });

  test('odd file names are taken as they are', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const names = [
      'with space.txt',
      '-leading.txt',
      'new\nline.txt',
      '🎉.txt',
      'quote".txt',
      '$(touch x).txt',
      ':(glob)*',
    ];
    write(workspace.path, Object.fromEntries(names.map((name) => [name, 'x\n'])));
    writeFileSync(Buffer.concat([Buffer.from(`${workspace.path}/`), Buffer.from([0xff, 0xfe])]), 'bytes');
    const { commit: made } = await collectWork(workspace, { start: tip, objectsDir: null, message });
    const listed = sh(fixture.root, ['-c', 'core.quotePath=false', 'ls-tree', '-r', '-z', '--name-only', made]).split(
      '\0',
    );
    for (const name of names) expect(listed).toContain(name);
    expect(sh(fixture.root, ['ls-tree', '-r', '--name-only', made])).toContain('"\\377\\376"');
  });

  test('it works on a machine that knows no user.name', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'changed\n' });
    const home = process.env.HOME;
    const config = process.env.GIT_CONFIG_GLOBAL;
    process.env.GIT_CONFIG_GLOBAL = '/dev/null';
    process.env.GIT_CONFIG_SYSTEM = '/dev/null';
    const names = ['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'EMAIL'];
    const kept = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    try {
      const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
      expect(sh(fixture.root, ['log', '-1', '--format=%an <%ae>', work.commit])).toBe('Locus <locus@localhost>');
    } finally {
      process.env.HOME = home;
      if (config === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = config;
      delete process.env.GIT_CONFIG_SYSTEM;
      for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
    }
  });
});

describe('a clean workspace', () => {
  test('is exactly at the commit, with planted repositories gone and ignored files kept', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    write(workspace.path, { 'a.txt': 'x', 'untracked/y.txt': 'y', 'ignored/keep.txt': 'k', 'hidden/secret.txt': 's' });
    write(workspace.path, { '.gitignore': '*\n', 'hidden/.gitignore': '*\n' });
    sh(workspace.path, ['init', '-q', 'nested']);
    commit(join(workspace.path, 'nested'), { 'n.txt': 'n' });
    rmSync(join(workspace.path, 'b.txt'));
    mkdirSync(join(workspace.path, 'b.txt'));
    await cleanWorkspace(workspace, tip);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(existsSync(join(workspace.path, 'nested'))).toBe(false);
    expect(existsSync(join(workspace.path, 'ignored/keep.txt'))).toBe(true);
    expect(readFileSync(join(workspace.path, 'b.txt'), 'utf8')).toBe('two\n');
  });

  test('does not follow links that lead out of it', async () => {
    const fixture = await makeFixture();
    commit(fixture.root, { 'dir/inner.txt': 'inner\n' });
    const { workspace, tip } = await open(fixture, { remote: null });
    const outside = join(fixture.stateDir, 'outside');
    write(outside, { 'inner.txt': 'precious\n', 'other.txt': 'precious\n' });
    rmSync(join(workspace.path, 'dir'), { recursive: true });
    symlinkSync(outside, join(workspace.path, 'dir'));
    await cleanWorkspace(workspace, tip);
    expect(readFileSync(join(outside, 'inner.txt'), 'utf8')).toBe('precious\n');
    expect(existsSync(join(outside, 'other.txt'))).toBe(true);
    expect(readFileSync(join(workspace.path, 'dir/inner.txt'), 'utf8')).toBe('inner\n');
  });
});

test('a collected commit is pushed, and pushed again without harm', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  write(workspace.path, { 'a.txt': 'changed\n' });
  const work = await collectWork(workspace, { start: tip, objectsDir: null, message });
  const push = { ...fixture, remote: 'origin', branch: workspace.branch, commit: work.commit };
  const request = { ...push, defaultBranch: 'main', protectedBranches: ['main'] };
  await pushCommit(request);
  await pushCommit(request);
  expect(sh(fixture.remote, ['rev-parse', 'refs/heads/locus/issue-1'])).toBe(work.commit);
  expect(sh(fixture.root, ['config', '--list', '--local'])).not.toContain('branch.locus');
});

function commitAs(folder: string, files: Record<string, string>, env: Record<string, string>): string {
  return commit(folder, files, "an agent's own", env);
}
