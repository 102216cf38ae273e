import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { fetchBranches } from '../../src/git/branches.ts';
import { withCredentials } from '../../src/git/credentials.ts';
import { failureOfGit } from '../../src/git/failure.ts';
import { type PushRequest, pushCommit } from '../../src/git/push.ts';
import { commit, type Fixture, failureOf, makeFixture, removeFolders, sh } from './support.ts';

afterAll(removeFolders);

function request(fixture: Fixture, changes: Partial<PushRequest>): PushRequest {
  const { repository, first } = fixture;
  const fixed = { repository, remote: 'origin', branch: 'locus/issue-1', commit: first };
  return { ...fixed, defaultBranch: 'main', protectedBranches: ['next'], ...changes };
}

describe('a push that is refused', () => {
  test('by a hook tells the words of the remote, and is final', async () => {
    const fixture = await makeFixture();
    const hook = join(fixture.remote, 'hooks/pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "commits need a ticket" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const failure = await failureOf(pushCommit(request(fixture, {})));
    expect(failure).toMatchObject({ type: 'PushRefused', message: expect.stringContaining('commits need a ticket') });
  });

  test('because the branch moved there is never forced', async () => {
    const fixture = await makeFixture();
    const theirs = commit(fixture.root, { 'c.txt': 'c\n' });
    await pushCommit(request(fixture, { commit: theirs }));
    sh(fixture.root, ['reset', '-q', '--hard', fixture.first]);
    const ours = commit(fixture.root, { 'd.txt': 'd\n' });
    const failure = await failureOf(pushCommit(request(fixture, { commit: ours })));
    expect(failure.type).toBe('PushRefused');
    expect(sh(fixture.remote, ['rev-parse', 'refs/heads/locus/issue-1'])).toBe(theirs);
  });

  test.each([['main'], ['next'], ['release/1'], ['HEAD'], ['a:main'], ['x*']])('by the guard: %s', async (branch) => {
    const fixture = await makeFixture();
    const failure = await failureOf(pushCommit(request(fixture, { branch, commit: fixture.first })));
    expect(failure.type).toBe('GuardRefused');
    expect(sh(fixture.remote, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
  });

  test('by the guard: a lease on a branch that is not ours', async () => {
    const fixture = await makeFixture();
    const lease = { expected: fixture.first };
    expect((await failureOf(pushCommit(request(fixture, { branch: 'feature/x', lease })))).type).toBe('GuardRefused');
  });

  test('because the remote is gone', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['remote', 'set-url', 'origin', join(fixture.stateDir, 'nothing.git')]);
    expect((await failureOf(pushCommit(request(fixture, {})))).type).toBe('CredentialsRefused');
  });
});

test('a push of what the remote already has in a branch that others built on is success, and moves nothing', async () => {
  const fixture = await makeFixture();
  await pushCommit(request(fixture, {}));
  const clone = join(fixture.stateDir, 'clone');
  sh(fixture.root, ['clone', '-q', '-b', 'locus/issue-1', fixture.remote, clone]);
  const theirs = commit(clone, { 'c.txt': 'c\n' });
  sh(clone, ['push', '-q', 'origin', 'locus/issue-1']);
  await pushCommit(request(fixture, {}));
  expect(sh(fixture.remote, ['rev-parse', 'refs/heads/locus/issue-1'])).toBe(theirs);
});

test('a push that was killed is tried again: nobody has refused it', async () => {
  const killed = { exitCode: 137, stderr: 'Command was killed with SIGKILL' };
  expect(failureOfGit(['push'], killed, 'PushRefused')).toMatchObject({ type: 'RemoteUnavailable' });
});

test('a remote that cannot be reached is tried again', async () => {
  const fixture = await makeFixture();
  sh(fixture.root, ['remote', 'set-url', 'origin', 'http://127.0.0.1:1/x.git']);
  expect((await failureOf(pushCommit(request(fixture, {})))).type).toBe('RemoteUnavailable');
  expect((await failureOf(fetchBranches(fixture.repository, 'origin', ['main']))).type).toBe('RemoteUnavailable');
});

test.each([
  [401, 'CredentialsRefused'],
  [403, 'PushRefused'],
  [404, 'CredentialsRefused'],
  [503, 'RemoteUnavailable'],
])('a remote that answers %i is %s', async (status, type) => {
  const fixture = await makeFixture();
  const server = createServer((_, response) => {
    response.writeHead(status, status === 401 ? { 'WWW-Authenticate': 'Basic realm="x"' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    sh(fixture.root, [
      'remote',
      'set-url',
      'origin',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`,
    ]);
    expect((await failureOf(pushCommit(request(fixture, {})))).type).toBe(type);
  } finally {
    server.close();
  }
});

test('a push that takes too long ends', async () => {
  const fixture = await makeFixture();
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    sh(fixture.root, [
      'remote',
      'set-url',
      'origin',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`,
    ]);
    const failure = await failureOf(pushCommit(request(fixture, { timeoutMs: 300 })));
    expect(failure).toMatchObject({ type: 'RemoteUnavailable', message: expect.stringContaining('too long') });
    const halted = await failureOf(pushCommit(request(fixture, { signal: AbortSignal.timeout(200) })));
    expect(halted.type).toBe('Interrupted');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('the token reaches git by a question of its own, for its own origin alone', async () => {
  const fixture = await makeFixture();
  const token = { username: 'x-access-token', password: 'se\'cr"et $(id)', origin: 'https://example.com' };
  const access = { repository: fixture.repository, token };
  await withCredentials({ ...access, remote: 'origin' }, async (env) => {
    expect(JSON.stringify(env)).not.toContain('cr');
  });
  await withCredentials({ ...access, remote: 'https://elsewhere.example/a/b.git' }, async (env) => {
    expect(JSON.stringify(env)).not.toContain('cr');
  });
  await withCredentials({ ...access, remote: 'https://example.com/a/b.git' }, async (env) => {
    expect(readFileSync(env.GIT_ASKPASS!, 'utf8')).not.toContain('cr"et');
    const answer = sh(fixture.root, ['credential', 'fill'], env, 'protocol=https\nhost=example.com\n\n');
    expect(answer).toContain(`password=${token.password}`);
    expect(answer).toContain('username=x-access-token');
    // As where the first server sends git on to another one.
    expect(() => sh(fixture.root, ['credential', 'fill'], env, 'protocol=https\nhost=other.example\n\n')).toThrow();
  });
});

describe('branches are fetched', () => {
  test('and one that is not there is no error; FETCH_HEAD and tags stay', async () => {
    const fixture = await makeFixture();
    sh(fixture.root, ['tag', 'v1']);
    const clone = join(fixture.stateDir, 'clone');
    sh(fixture.root, ['clone', '-q', fixture.remote, clone]);
    const made = commit(clone, { 'x.txt': 'x\n' });
    sh(clone, ['tag', 'v2']);
    sh(clone, ['push', '-q', 'origin', 'main', 'v2']);
    const found = await fetchBranches(fixture.repository, 'origin', ['main', 'locus/none']);
    expect(found).toEqual({ main: made });
    expect(sh(fixture.root, ['rev-parse', 'origin/main'])).toBe(made);
    expect(sh(fixture.root, ['tag'])).toBe('v1');
    expect(await fetchBranches(fixture.repository, null, ['main'])).toEqual({});
  });

  test('and one of ours that was deleted there is forgotten', async () => {
    const fixture = await makeFixture();
    await pushCommit(request(fixture, {}));
    sh(fixture.remote, ['update-ref', '-d', 'refs/heads/locus/issue-1']);
    await fetchBranches(fixture.repository, 'origin', ['locus/issue-1']);
    expect(sh(fixture.root, ['for-each-ref', 'refs/remotes/origin/locus'])).toBe('');
  });
});
