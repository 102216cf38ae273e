import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { pushBranch } from '../../src/activities/push.ts';
import { fetchBranches } from '../../src/git/branches.ts';
import { commit, type Fixture, failureOf, makeFixture, removeFolders, sh } from '../git/support.ts';
import { settingsOf } from '../workflows/settings.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

const branch = 'locus/issue-1';
const rebasing = settingsOf({ updateWith: 'rebase' }, true);

/** Our branch with one commit, and somebody else's commit on the same branch of the remote. */
async function divided(pushedFirst: boolean): Promise<{ fixture: Fixture; ours: string; theirs: string }> {
  const fixture = await makeFixture();
  if (pushedFirst)
    await pushBranch(depsOf(fixture), runOf(fixture, { settings: rebasing }), { branch, commit: fixture.first });
  const clone = join(fixture.stateDir, 'clone');
  sh(fixture.root, ['clone', '-q', fixture.remote, clone]);
  sh(clone, ['switch', '-q', '-C', branch]);
  const theirs = commit(clone, { 'theirs.txt': 'x\n' });
  sh(clone, ['push', '-q', 'origin', branch]);
  sh(fixture.root, ['switch', '-q', '-c', branch]);
  const ours = commit(fixture.root, { 'ours.txt': 'x\n' });
  return { fixture, ours, theirs };
}

function remoteTip(fixture: Fixture): string {
  return sh(fixture.remote, ['rev-parse', `refs/heads/${branch}`]);
}

test('a refused push is completed once a person has merged the branch of the remote', async () => {
  const { fixture, ours } = await divided(false);
  const push = () => pushBranch(depsOf(fixture), runOf(fixture), { branch, commit: ours });
  expect((await failureOf(push())).type).toBe('PushRefused');
  sh(fixture.root, ['fetch', '-q', 'origin']);
  const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  sh(fixture.root, [...person, 'merge', '-q', '--no-edit', `origin/${branch}`]);
  await push();
  expect(remoteTip(fixture)).toBe(sh(fixture.root, ['rev-parse', branch]));
});

test('a rebased branch replaces what we pushed, never what others pushed since', async () => {
  const { fixture, theirs } = await divided(true);
  const run = runOf(fixture, { settings: rebasing });
  sh(fixture.root, ['checkout', '-q', '--orphan', 'fresh']);
  const rebased = commit(fixture.root, { 'rebased.txt': 'x\n' });
  await fetchBranches(fixture.repository, 'origin', [branch]);
  expect((await failureOf(pushBranch(depsOf(fixture), run, { branch, commit: rebased }))).type).toBe('PushRefused');
  expect(remoteTip(fixture)).toBe(theirs);

  sh(fixture.remote, ['update-ref', `refs/heads/${branch}`, fixture.first]);
  await pushBranch(depsOf(fixture), run, { branch, commit: rebased });
  expect(remoteTip(fixture)).toBe(rebased);
});

test.each([
  ['by its list', { protectedBranches: ['other', 'trunk'] }],
  ['by the one name that an older version gave it', { defaultBranch: 'trunk' }],
])('A4: nothing is pushed to what may be the default branch, which a run knows %s', async (_how, names) => {
  const fixture = await makeFixture();
  const push = pushBranch(depsOf(fixture), runOf(fixture, { type: 'gated', ...names }), {
    branch: 'trunk',
    commit: fixture.first,
  });
  expect((await failureOf(push)).type).toBe('GuardRefused');
  expect(sh(fixture.remote, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
});

test.each(['gated', 'plan', 'bug'] as const)('A4: a %s never replaces what it has pushed', async (type) => {
  const fixture = await makeFixture();
  const push = (made: string, as: typeof type | 'sprint') =>
    pushBranch(depsOf(fixture), runOf(fixture, { settings: rebasing, type: as }), { branch, commit: made });
  sh(fixture.root, ['switch', '-q', '-c', branch]);
  const before = commit(fixture.root, { 'one.txt': 'x\n' });
  await push(before, type);
  await fetchBranches(fixture.repository, 'origin', [branch]);
  sh(fixture.root, ['reset', '-q', '--hard', fixture.first]);
  const rebased = commit(fixture.root, { 'one.txt': 'x\n' }, 'rebased');
  expect((await failureOf(push(rebased, type))).type).toBe('PushRefused');
  expect(remoteTip(fixture)).toBe(before);
  // A plain run may: the branch is its own.
  await push(rebased, 'sprint');
  expect(remoteTip(fixture)).toBe(rebased);
});

test('a commit from before a rebase does not replace the rebased branch that was pushed since', async () => {
  const fixture = await makeFixture();
  const run = runOf(fixture, { settings: rebasing });
  const push = (made: string) => pushBranch(depsOf(fixture), run, { branch, commit: made });
  sh(fixture.root, ['switch', '-q', '-c', branch]);
  const refused = commit(fixture.root, { 'one.txt': 'x\n' });
  sh(fixture.root, ['reset', '-q', '--hard', fixture.first]);
  commit(fixture.root, { 'one.txt': 'x\n' }, 'rebased');
  const later = commit(fixture.root, { 'two.txt': 'x\n' });
  await push(later);
  expect((await failureOf(push(refused))).type).toBe('PushRefused');
  expect(remoteTip(fixture)).toBe(later);
});

test('a push that the tracker asks a token for, and there is none, says that it is missing', async () => {
  const fixture = await makeFixture();
  const server = createServer((_, response) => {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    sh(fixture.root, ['remote', 'set-url', 'origin', `${apiUrl}/x/y.git`]);
    const github = (url: string) => runOf(fixture, { tracker: { kind: 'github', apiUrl: url, owner: 'x', repo: 'y' } });
    const push = (url: string, token: string | null = null) => {
      const deps = depsOf(fixture, { secrets: async () => ({ token, env: {} }) });
      return failureOf(pushBranch(deps, github(url), { branch, commit: fixture.first }));
    };
    expect((await push(apiUrl)).type).toBe('CredentialsMissing');
    expect((await push(apiUrl, 'a token')).type).toBe('CredentialsRefused');
    expect((await push('http://elsewhere.example')).type).toBe('CredentialsRefused');
  } finally {
    server.close();
  }
});
