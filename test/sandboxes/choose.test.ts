import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { announcedSandbox, chooseSandbox } from '../../src/sandboxes/choose.ts';
import { dockerSandbox } from '../../src/sandboxes/docker/docker.ts';
import { createSandbox, listSandboxes, removeSandbox } from '../../src/sandboxes/docker/persistent.ts';
import { profile } from '../../src/sandboxes/os/sandbox-exec.ts';
import type { Confinement } from '../../src/sandboxes/sandbox.ts';

let root: string;
let env: Record<string, string>;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'locus-choose-')));
  env = { PATH: root };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(name: string, script: string) {
  writeFileSync(path.join(root, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(root, name), 0o755);
}

/** Records its arguments, one a line, and holds the sandbox `mine`. */
function docker() {
  program('docker', `printf '%s\\n' "$@" >>${root}/docker.log\n[ "$2" = ls ] && echo mine\nexit 0`);
}
const recorded = () => readFileSync(path.join(root, 'docker.log'), 'utf8').trim().split('\n');

const choose = (changes: Partial<Parameters<typeof chooseSandbox>[0]> = {}) =>
  chooseSandbox({ mode: 'auto', provider: 'claude', dockerSandboxes: {}, env, platform: 'linux', ...changes });

describe('the choice of a sandbox', () => {
  test("takes the provider's Docker sandbox where it exists", async () => {
    docker();
    program('bwrap', 'exit 0');
    const { sandbox, warning } = await choose({ dockerSandboxes: { claude: 'mine' } });
    expect([sandbox.kind, warning]).toEqual(['docker', null]);
    expect((await choose({ provider: 'codex', dockerSandboxes: { claude: 'mine' } })).sandbox.kind).toBe('os');
  });

  test('takes bubblewrap where the Docker sandbox is gone, and says so', async () => {
    docker();
    program('bwrap', 'exit 0');
    const { sandbox, warning } = await choose({ dockerSandboxes: { claude: 'other' } });
    expect(sandbox.title).toBe('bubblewrap');
    expect(warning).toContain('the Docker sandbox other does not exist');
  });

  test('goes without one when none can be had, with a warning', async () => {
    const { sandbox, warning } = await choose();
    expect([sandbox.kind, warning]).toEqual(['none', 'the agent runs without a sandbox: bwrap is not installed']);
  });

  test('tries bubblewrap, because a kernel may refuse it', async () => {
    program('bwrap', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1');
    expect((await choose()).warning).toContain('No permissions to create new namespace');
  });

  test('is an error where one is required', async () => {
    await expect(choose({ mode: 'require' })).rejects.toMatchObject({ type: 'SandboxUnavailable' });
  });

  test('is none where it is switched off', async () => {
    program('bwrap', 'exit 0');
    expect(await choose({ mode: 'off' })).toMatchObject({ sandbox: { kind: 'none' }, warning: null });
  });
});

describe('a sandbox that does not answer at once', () => {
  test('is given more time before anything is said of it', async () => {
    program('bwrap', `[ -e ${root}/tried ] || { : >${root}/tried; exec /bin/sleep 20; }`);
    expect((await choose({ trialsMs: [300, 20_000] })).sandbox.kind).toBe('os');
  });

  test.each([
    ['does not end', 'exec /bin/sleep 20'],
    [
      'finds the machine full',
      'echo "bwrap: Creating new namespace failed: Resource temporarily unavailable" >&2; exit 1',
    ],
  ])('and never does, because it %s, is not taken for one that is not there', async (_what, script) => {
    program('bwrap', script);
    await expect(choose({ trialsMs: [100, 200] })).rejects.toMatchObject({
      type: 'SandboxUnavailable',
      details: { retryAt: expect.any(Number) },
    });
  });

  test('is tried once in a process', async () => {
    program('bwrap', `echo tried >>${root}/trials; exit 0`);
    for (let round = 0; round < 3; round += 1) expect((await choose()).sandbox.kind).toBe('os');
    expect(readFileSync(path.join(root, 'trials'), 'utf8')).toBe('tried\n');
  });
});

describe('the sandbox that was announced when a run was started', () => {
  const announced = (kind: 'docker' | 'os' | 'none', dockerSandboxes = {}) =>
    announcedSandbox(kind, { mode: 'auto', provider: 'claude', dockerSandboxes, env, platform: 'linux' });

  test('is kept to', async () => {
    docker();
    program('bwrap', 'exit 0');
    expect((await announced('docker', { claude: 'mine' })).kind).toBe('docker');
    expect((await announced('os', { claude: 'mine' })).kind).toBe('os');
    expect((await announced('none', { claude: 'mine' })).kind).toBe('none');
  });

  test('is not replaced by a lesser one where it cannot be had', async () => {
    const refused = (why: string) => ({ type: 'SandboxUnavailable', message: expect.stringContaining(why) });
    await expect(announced('os')).rejects.toMatchObject(refused('bwrap is not installed'));
    program('bwrap', 'exit 0');
    await expect(announced('docker', { claude: 'mine' })).rejects.toMatchObject(refused('docker was not found'));
    docker();
    await expect(announced('docker', { claude: 'gone' })).rejects.toMatchObject(refused('does not exist any more'));
  });
});

describe('Docker Desktop', () => {
  const confinement = { workspace: '/repo/.locus/worktrees/issue-1' } as Confinement;

  test('runs the agent in the sandbox, in its workspace, with the names of its variables but not their values', async () => {
    const given = { PATH: root, ANTHROPIC_API_KEY: 'secret', LOCUS_ATTEMPT: 'a-1' };
    const { argv, end } = await dockerSandbox('mine').wrap(['claude', '--print'], confinement, given);
    expect(argv).toEqual([
      ...['docker', 'sandbox', 'exec', '--interactive', '--workdir', confinement.workspace],
      ...['--env', 'ANTHROPIC_API_KEY', '--env', 'LOCUS_ATTEMPT', 'mine', 'claude', '--print'],
    ]);
    expect(end?.slice(0, 5)).toEqual(['docker', 'sandbox', 'exec', 'mine', 'sh']);
    expect(end?.at(-1)).toBe('LOCUS_ATTEMPT=a-1');
  });

  test('its sandboxes are made, listed and removed', async () => {
    docker();
    await createSandbox('mine', 'claude', '/repo', env);
    expect(await listSandboxes(env)).toEqual(['mine']);
    await removeSandbox('mine', env);
    expect(recorded()).toEqual([
      ...['sandbox', 'create', '--name', 'mine', 'claude', '/repo'],
      ...['sandbox', 'ls', '--quiet', 'sandbox', 'rm', 'mine'],
    ]);
  });

  test('its refusal is told in its own words, its absence in ours', async () => {
    await expect(listSandboxes(env)).rejects.toMatchObject({
      message: 'docker sandbox ls failed: docker was not found',
    });
    program('docker', 'echo "sandboxes are disabled" >&2; exit 1');
    await expect(listSandboxes(env)).rejects.toThrow('docker sandbox ls failed: sandboxes are disabled');
    expect(existsSync(path.join(root, 'docker.log'))).toBe(false);
  });
});

test("sandbox-exec's profile quotes paths and denies after it allows", () => {
  const text = profile(
    {
      workspace: '/repo/a "b',
      readOnly: false,
      commonDir: '/repo/.git',
      adminDir: '/repo/.git/worktrees/a',
      objectsDir: '/state/attempts/1/objects',
      attemptDir: '/state/attempts/1',
      agentFolders: [],
      home: '/home/ann',
    },
    '/state/attempts/1/tmp',
  );
  expect(text).toContain('(subpath "/repo/a \\"b")');
  const at = (words: string) => text.indexOf(words);
  expect(at('(allow file-read* file-write* (subpath "/state/attempts/1/tmp")')).toBeGreaterThan(
    at('(subpath "/state/attempts")'),
  );
  expect(at('(deny file-write* (subpath "/repo/.git")')).toBeGreaterThan(at('(subpath "/state/attempts/1/objects")'));
  expect(at('(allow file-write* (subpath "/repo/.git/worktrees/a"))')).toBeGreaterThan(
    at('(deny file-write* (subpath "/repo/.git")'),
  );
});
