import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type KeeperInfo, writeKeeper } from '../../src/server/keeper-file.ts';
import { serveSocket } from '../../src/server/keeper-socket.ts';
import { identify } from '../../src/server/process.ts';
import { secretsFor } from '../../src/server/run-secrets.ts';
import { fetchSecrets, githubScope, handOver, lookUpToken } from '../../src/server/secrets.ts';
import { ask, socketPath } from '../../src/server/socket.ts';

const apiUrl = 'https://api.github.com';
const scope = githubScope(apiUrl, 'Owner', 'repo');
let folder: string;
let server: Server;
let info: KeeperInfo;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-secrets-'));
  const socket = await socketPath(folder);
  server = await serveSocket(socket, { status: () => ({ version: '1.0.0' }), replaceWorker: () => {} });
  info = { socket, keeper: await identify(process.pid) } as KeeperInfo;
  writeKeeper(folder, info);
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function fakeGh(): Promise<NodeJS.ProcessEnv> {
  const file = path.join(folder, 'gh');
  await writeFile(file, '#!/bin/sh\n[ "$1 $2 $3" = "auth token --hostname" ] && echo "gh-for-$4"\n');
  await chmod(file, 0o755);
  return { PATH: folder };
}

describe('a token', () => {
  test('is looked for at the keeper, then in the environment, then at gh', async () => {
    const env = { ...(await fakeGh()), GITHUB_TOKEN: 'from-env' };
    await handOver(info, scope, { token: 'from-keeper', env: {} });
    expect(await lookUpToken({ stateDir: folder, scope, apiUrl, env })).toBe('from-keeper');
    expect(await lookUpToken({ stateDir: folder, scope: 'other', apiUrl, env })).toBe('from-env');
    expect(await lookUpToken({ stateDir: null, scope, apiUrl, env: { GH_TOKEN: 'gh' } })).toBe('gh');
    expect(await lookUpToken({ stateDir: null, scope, apiUrl, env: await fakeGh() })).toBe('gh-for-github.com');
  });

  test('for another API address is asked of gh by its host', async () => {
    const search = { stateDir: null, scope, apiUrl: 'https://ghe.example/api/v3', env: await fakeGh() };
    expect(await lookUpToken(search)).toBe('gh-for-ghe.example');
  });

  test('is null where nobody has one', async () => {
    expect(await lookUpToken({ stateDir: folder, scope, apiUrl, env: { PATH: '/nowhere' } })).toBeNull();
  });
});

describe('the keeper', () => {
  test('answers for one repository alone, whatever the case of its name', async () => {
    await handOver(info, scope, { token: 't', env: { A: 'b' } });
    expect(await fetchSecrets(folder, githubScope(`${apiUrl}/`, 'owner', 'REPO'))).toEqual({
      token: 't',
      env: { A: 'b' },
    });
    expect(await fetchSecrets(folder, githubScope(apiUrl, 'owner', 'repo2'))).toBeNull();
  });

  test('keeps the variables of a run that goes on, while a command that only looks brings a new token', async () => {
    await handOver(info, scope, { token: 'first', env: { A: 'looked' } }, false);
    expect(await fetchSecrets(folder, scope)).toEqual({ token: 'first', env: { A: 'looked' } });
    await handOver(info, scope, { token: 'second', env: { A: 'run' } });
    await handOver(info, scope, { token: 'third', env: { A: 'another terminal' } }, false);
    expect(await fetchSecrets(folder, scope)).toEqual({ token: 'third', env: { A: 'run' } });
  });

  test.each([['not json'], ['{"kind":"unknown"}'], ['{"kind":"put","scope":"x","token":5,"env":{}}']])(
    'refuses the message %s without repeating it',
    async (message) => {
      const reply = await new Promise<string>((resolve) => {
        const socket = connect(info.socket, () => socket.write(`${message}\n`));
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('end', () => resolve(text));
      });
      expect(JSON.parse(reply)).toEqual({ ok: false, error: 'the request was not understood' });
    },
  );

  test('that does not answer is a failure with words', async () => {
    await expect(ask(path.join(folder, 'nobody.sock'), { kind: 'status' })).rejects.toMatchObject({
      type: 'ServerUnavailable',
    });
  });
});

test('a state directory with a long path gets a short socket in a private folder', async () => {
  const long = path.join(folder, 'x'.repeat(120));
  expect(Buffer.byteLength(await socketPath(long))).toBeLessThanOrEqual(100);
  expect(await socketPath(long)).toBe(await socketPath(long));
  expect(await socketPath(long)).not.toBe(await socketPath(`${long}y`));
});

test('a worker remembers what the keeper told it, and believes the next keeper more', async () => {
  const tracker = { kind: 'github', apiUrl, owner: 'Owner', repo: 'repo' } as const;
  const secrets = secretsFor(folder);
  await handOver(info, scope, { token: 'first', env: { A: '1' } });
  expect(await secrets(tracker)).toEqual({ token: 'first', env: { A: '1' } });
  server.close();
  expect(await secrets(tracker)).toEqual({ token: 'first', env: { A: '1' } });
  server = await serveSocket(info.socket, { status: () => ({ version: '1.0.0' }), replaceWorker: () => {} });
  await handOver(info, scope, { token: 'second', env: {} });
  expect(await secrets(tracker)).toEqual({ token: 'second', env: {} });
});
