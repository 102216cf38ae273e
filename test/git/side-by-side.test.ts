import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fetchBranches } from '../../src/git/branches.ts';
import { pushCommit } from '../../src/git/push.ts';
import { commit, type Fixture, makeFixture, removeFolders, sh, temporaryFolder } from './support.ts';

afterAll(removeFolders);

let fixture: Fixture;
let folder: string;
beforeEach(async () => {
  folder = temporaryFolder();
  fixture = await makeFixture();
});

const branches = [1, 2, 3, 4, 5].map((n) => `locus/issue-${n}`);

function push(branch: string, at = fixture.first): Promise<string> {
  const { repository } = fixture;
  const fixed = { repository, remote: 'origin', defaultBranch: 'main', protectedBranches: [] };
  return pushCommit({ ...fixed, branch, commit: at }).then(
    () => 'pushed',
    ({ type, message }) => `${type}: ${message}`,
  );
}

function program(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What is called once for each connection, and what answers how often it was. */
function counted(kind: 'uploadpack' | 'receivepack', command: string): () => number {
  const log = join(folder, kind);
  writeFileSync(log, '');
  const path = program(join(folder, `${kind}.sh`), `echo >>'${log}'\nexec ${command} "$@"`);
  sh(fixture.root, ['config', `remote.origin.${kind}`, `'${path}'`]);
  return () => readFileSync(log, 'utf8').length;
}

const onRemote = () =>
  sh(fixture.remote, ['for-each-ref', '--format=%(refname:short)', 'refs/heads/locus']).split('\n');

describe('pushes that come side by side', () => {
  test('go together with one connection', async () => {
    const connections = counted('receivepack', 'git-receive-pack');
    expect(await Promise.all(branches.map((branch) => push(branch)))).toEqual(branches.map(() => 'pushed'));
    expect(connections()).toBe(1);
    expect(onRemote()).toEqual(branches);
    const known = sh(fixture.root, ['for-each-ref', '--format=%(refname:short)', 'refs/remotes/origin/locus']);
    expect(known.split('\n')).toEqual(branches.map((branch) => `origin/${branch}`));
  });

  test('do not fail with one whose branch has moved there', async () => {
    const theirs = commit(fixture.root, { 'c.txt': 'c\n' });
    sh(fixture.root, ['push', '-q', 'origin', `${theirs}:refs/heads/${branches[3]}`]);
    sh(fixture.root, ['reset', '-q', '--hard', fixture.first]);
    const ours = commit(fixture.root, { 'd.txt': 'd\n' });
    const became = await Promise.all(branches.map((branch) => push(branch, ours)));
    expect(became.map((each) => each.split(':')[0])).toEqual(['pushed', 'pushed', 'pushed', 'PushRefused', 'pushed']);
    expect(sh(fixture.remote, ['rev-parse', `refs/heads/${branches[3]}`])).toBe(theirs);
  });

  test('do not fail with one whose commit is gone', async () => {
    const became = await Promise.all(branches.map((branch, at) => push(branch, at === 1 ? 'd'.repeat(40) : undefined)));
    expect(became.map((each) => each.split(':')[0])).toEqual(['pushed', 'PushRefused', 'pushed', 'pushed', 'pushed']);
    expect(onRemote()).toEqual(branches.filter((branch) => !branch.endsWith('2')));
  });

  test('do not fail with one that a hook refuses all of them for', async () => {
    const hook = `while read -r old new ref; do
      case "$ref" in *issue-2) echo "$ref needs a ticket" >&2; exit 1 ;; esac
    done`;
    program(join(fixture.remote, 'hooks/pre-receive'), hook);
    const became = await Promise.all(branches.map((branch) => push(branch)));
    expect(became.filter((each) => each === 'pushed')).toHaveLength(4);
    expect(became[1]).toMatch(/^PushRefused: .*issue-2 needs a ticket/s);
    expect(onRemote()).toEqual(branches.filter((branch) => !branch.endsWith('2')));
  });

  test('are tried no more often than alone where the remote cannot be reached', async () => {
    const log = join(folder, 'tries');
    const down = program(join(folder, 'down.sh'), `echo >>'${log}'\necho 'Connection refused' >&2\nexit 255`);
    sh(fixture.root, ['config', 'remote.origin.receivepack', `'${down}'`]);
    const became = await Promise.all(branches.map((branch) => push(branch)));
    expect(became.map((each) => each.split(':')[0])).toEqual(branches.map(() => 'RemoteUnavailable'));
    expect(readFileSync(log, 'utf8')).toHaveLength(1);
  });
});

test('what the remote has is asked once for all who ask while it is asked', async () => {
  await Promise.all(branches.map((branch) => push(branch)));
  const connections = counted('uploadpack', 'git-upload-pack');
  const asked = branches.map((branch) => fetchBranches(fixture.repository, 'origin', ['main', branch, 'locus/none']));
  const found = await Promise.all(asked);
  expect(found).toEqual(branches.map((branch) => ({ main: fixture.first, [branch]: fixture.first })));
  expect(connections()).toBe(1);
});
