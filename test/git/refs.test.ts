import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { resolveCommit } from '../../src/git/branches.ts';
import { readRef } from '../../src/git/refs.ts';
import { commit, type Fixture, makeFixture, removeFolders, sh } from './support.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(removeFolders);

const read = (ref: string) => readRef(fixture.repository.commonDir, ref);

test('a loose, a packed and a packed ref that has moved since are told as git tells them', async () => {
  const { root, first } = fixture;
  for (const name of ['loose', 'packed', 'moved']) sh(root, ['branch', `locus/${name}`]);
  sh(root, ['update-ref', '-d', 'refs/heads/locus/loose']);
  sh(root, ['pack-refs', '--all']);
  sh(root, ['branch', 'locus/loose']);
  const second = commit(root, { 'a.txt': 'two\n' });
  sh(root, ['update-ref', 'refs/heads/locus/moved', second]);
  expect(await read('refs/heads/locus/loose')).toBe(first);
  expect(await read('refs/heads/locus/packed')).toBe(first);
  expect(await read('refs/heads/locus/moved')).toBe(second);
  expect(await read('refs/remotes/origin/main')).toBe(first);
});

test('a ref that is not there is none, also where a folder of its name is', async () => {
  sh(fixture.root, ['branch', 'locus/a/b']);
  expect(await read('refs/heads/locus/none')).toBeNull();
  expect(await read('refs/heads/locus/a')).toBeNull();
  expect(await resolveCommit(fixture.repository, 'refs/heads/locus/a/b/c')).toBeNull();
  sh(fixture.root, ['pack-refs', '--all', '--prune']);
  expect(await read('refs/heads/a/b')).toBeNull();
});

test('what only git can tell is left to git', async () => {
  const { root, repository, first } = fixture;
  sh(root, ['symbolic-ref', 'refs/heads/link', 'refs/heads/main']);
  for (const rev of ['HEAD', first, 'main', 'refs/heads/link', 'refs/heads/main^', 'refs/heads/../../config'])
    expect(await read(rev)).toBeUndefined();
  expect(await resolveCommit(repository, 'refs/heads/link')).toBe(first);
  writeFileSync(join(repository.commonDir, 'refs', 'heads', 'odd'), 'nonsense\n');
  expect(await read('refs/heads/odd')).toBeUndefined();
  rmSync(join(repository.commonDir, 'refs', 'heads', 'odd'));
  mkdirSync(join(repository.commonDir, 'refs', 'heads', 'odd'));
  expect(await read('refs/heads/odd')).toBeNull();
});
