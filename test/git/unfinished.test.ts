import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { collectWork } from '../../src/git/collect.ts';
import { dropUnfinished, giveBackUnfinished, keepUnfinished, setUnfinishedAside } from '../../src/git/unfinished.ts';
import { commit, makeFixture, open, privateObjects, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

const ref = 'refs/locus/wip/issue-1';

test('an interrupted attempt comes back as it was: its commits, its changes, its new and deleted files', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  const { objectsDir, env } = privateObjects(workspace);
  const own = commit(workspace.path, { 'own.txt': 'own\n' }, 'own', env);
  write(workspace.path, { 'a.txt': 'half\n', 'new dir/🎉.txt': 'new\n' });
  rmSync(join(workspace.path, 'b.txt'));

  const kept = await keepUnfinished(workspace, { start, objectsDir, ref, attemptId: 'r-1-1' });
  expect(sh(fixture.root, ['rev-parse', ref])).toBe(kept);
  expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
  expect(sh(workspace.path, ['rev-parse', 'HEAD', 'locus/issue-1'])).toBe(`${start}\n${start}`);
  rmSync(objectsDir, { recursive: true });

  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' })).toBe(true);
  expect(sh(workspace.path, ['rev-parse', 'HEAD'])).toBe(own);
  expect(sh(workspace.path, ['-c', 'core.quotePath=false', 'status', '--porcelain', '-uall'])).toBe(
    ' M a.txt\n D b.txt\n?? "new dir/🎉.txt"'.replace(/^ /, ' '),
  );
  const work = await collectWork(workspace, { start, objectsDir: null, message: 'feat: rest\n' });
  expect(work).toMatchObject({ ownCommits: 1, leftover: true, files: 4 });
  expect(existsSync(join(workspace.path, 'b.txt'))).toBe(false);
});

test('nothing is kept where nothing was left', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  expect(await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' })).toBeNull();
  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' })).toBe(false);
});

test('files survive although the commits of the attempt cannot be used', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  sh(workspace.path, ['checkout', '-q', '--orphan', 'fresh']);
  commit(workspace.path, { 'a.txt': 'all new\n' });
  await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' })).toBe(true);
  expect(readFileSync(join(workspace.path, 'a.txt'), 'utf8')).toBe('all new\n');
});

test('what was kept can be dropped, twice', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  write(workspace.path, { 'a.txt': 'half\n' });
  await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
  await dropUnfinished(fixture.repository, ref);
  await dropUnfinished(fixture.repository, ref);
  expect(sh(fixture.root, ['for-each-ref', 'refs/locus'])).toBe('');
});

test('what an earlier attempt kept is forgotten where a later one leaves nothing, but not on a second ask', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  const request = { start, objectsDir: null, ref };
  write(workspace.path, { 'half.txt': 'stale\n' });
  const kept = await keepUnfinished(workspace, { ...request, attemptId: 'r-1-1' });
  expect(await keepUnfinished(workspace, { ...request, attemptId: 'r-1-1' })).toBe(kept);
  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-2' })).toBe(false);
  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' })).toBe(true);
  rmSync(join(workspace.path, 'half.txt'));
  expect(await keepUnfinished(workspace, { ...request, attemptId: 'r-1-2' })).toBeNull();
  expect(sh(fixture.root, ['for-each-ref', 'refs/locus/wip'])).toBe('');
});

test('files in repositories that an attempt made are kept, one inside the other and in place of a file', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  sh(workspace.path, ['init', '-q', 'sub']);
  commit(join(workspace.path, 'sub'), { 'in.txt': 'in\n', 'deep/in.txt': 'deep\n' });
  sh(workspace.path, ['init', '-q', 'sub/inner']);
  rmSync(join(workspace.path, 'a.txt'));
  sh(workspace.path, ['init', '-q', 'a.txt']);
  write(workspace.path, { 'sub/inner/x.txt': 'x\n', 'a.txt/y.txt': 'y\n', 'beside.txt': 'beside\n' });

  await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
  expect(sh(workspace.path, ['status', '--porcelain', '--ignored'])).toBe('');
  expect(sh(fixture.root, ['log', '-1', '--format=%B', ref])).toContain('"sub/inner" was a git repository');
  expect(await giveBackUnfinished(workspace, { ref, start, attemptId: 'r-1-1' })).toBe(true);
  const files = ['sub/in.txt', 'sub/deep/in.txt', 'sub/inner/x.txt', 'a.txt/y.txt', 'beside.txt'];
  expect(files.filter((file) => !existsSync(join(workspace.path, file)))).toEqual([]);
});

test('what cannot be given back is set aside, out of the way of the next attempt', async () => {
  const fixture = await makeFixture();
  const { workspace, tip: start } = await open(fixture);
  write(workspace.path, { 'half.txt': 'half\n' });
  const kept = await keepUnfinished(workspace, { start, objectsDir: null, ref, attemptId: 'r-1-1' });
  const aside = await setUnfinishedAside(fixture.repository, ref);
  expect(sh(fixture.root, ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/locus'])).toBe(
    `${aside} ${kept}`,
  );
  expect(await setUnfinishedAside(fixture.repository, ref)).toBeNull();
});
