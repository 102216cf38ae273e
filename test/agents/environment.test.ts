import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { agentEnvironment, installedVersion } from '../../src/agents/environment.ts';
import { agentFolders } from '../../src/agents/folders.ts';
import { agentFor } from '../../src/agents/index.ts';
import { hasSession } from '../../src/agents/session.ts';
import { findProgram } from '../../src/disk/program.ts';
import type { Provider } from '../../src/domain/settings.ts';

const identity = { role: 'implementer', runId: 'locus/o/r/issue/7', issue: 7, attemptId: 'a-1' };

function given(provider: Provider, variables: Record<string, string>, names: string[] = []) {
  return agentEnvironment(agentFor(provider), variables, names, identity);
}

describe("an agent's environment", () => {
  test('is an allow-list with the names of its run', () => {
    const { env, warnings } = given('command', {
      PATH: '/bin',
      LC_TIME: 'C',
      https_proxy: 'p',
      SECRET: 'x',
      OPENAI_API_KEY: 'x',
    });
    expect(env).toEqual({
      PATH: '/bin',
      LC_TIME: 'C',
      https_proxy: 'p',
      LOCUS_ROLE: 'implementer',
      LOCUS_RUN: 'locus/o/r/issue/7',
      LOCUS_TASK: '7',
      LOCUS_ATTEMPT: 'a-1',
    });
    expect(warnings).toEqual([]);
  });

  test('has the keys of its own provider and of no other', () => {
    const keys = { ANTHROPIC_API_KEY: 'a', CLAUDE_CONFIG_DIR: 'c', OPENAI_API_KEY: 'o', CODEX_HOME: 'h' };
    expect(Object.keys(given('claude', keys).env)).toEqual(
      expect.arrayContaining(['ANTHROPIC_API_KEY', 'CLAUDE_CONFIG_DIR', 'IS_SANDBOX']),
    );
    expect(given('claude', keys).env).not.toHaveProperty('OPENAI_API_KEY');
    expect(given('codex', keys).env).toMatchObject({ OPENAI_API_KEY: 'o', CODEX_HOME: 'h' });
    expect(given('codex', keys).env).not.toHaveProperty('ANTHROPIC_API_KEY');
  });

  test("has a cloud's keys only where claude is told to use that cloud", () => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', GOOGLE_APPLICATION_CREDENTIALS: 'g' };
    expect(given('claude', { ...keys, CLAUDE_CODE_USE_BEDROCK: '0' }).env).not.toHaveProperty('AWS_ACCESS_KEY_ID');
    expect(given('claude', { ...keys, CLAUDE_CODE_USE_BEDROCK: '1' }).env).toHaveProperty('AWS_ACCESS_KEY_ID');
    expect(given('claude', { ...keys, CLAUDE_CODE_USE_BEDROCK: '1' }).env).not.toHaveProperty(
      'GOOGLE_APPLICATION_CREDENTIALS',
    );
    expect(given('codex', { ...keys, CLAUDE_CODE_USE_BEDROCK: '1' }).env).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  test.each(['GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_URL', 'SSH_AUTH_SOCK', 'TEMPORAL_API_KEY', 'GIT_DIR'])(
    'never has %s, and says so when agent.env asks for it',
    (name) => {
      const { env, warnings } = given('claude', { [name]: 'secret', NPM_TOKEN: 'n' }, [name, 'NPM_TOKEN']);
      expect(JSON.stringify(env)).not.toContain('secret');
      expect(env.NPM_TOKEN).toBe('n');
      expect(warnings).toEqual([expect.stringContaining(name)]);
    },
  );

  test('cannot be made to lose the names of its run by agent.env', () => {
    expect(given('command', { LOCUS_ATTEMPT: 'outer' }, ['LOCUS_ATTEMPT']).env.LOCUS_ATTEMPT).toBe('a-1');
  });
});

describe('on the disk', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), 'locus-env-')));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function program(name: string, script: string, mode = 0o755) {
    writeFileSync(path.join(root, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(root, name), mode);
  }

  test('a program is an executable file on PATH', () => {
    program('claude', 'echo 9.9.9');
    program('plain', '', 0o644);
    mkdirSync(path.join(root, 'folder'));
    expect(findProgram('claude', `:/nowhere:${root}`)).toBe(path.join(root, 'claude'));
    for (const name of ['plain', 'folder', 'missing', '']) expect(findProgram(name, root)).toBeNull();
    expect(findProgram('claude', undefined)).toBeNull();
  });

  test('the version is the first line that a program answers', async () => {
    program('claude', 'echo "9.9.9 (Claude Code)"; echo more');
    program('codex', 'exit 1');
    const env = { PATH: `${root}:/bin:/usr/bin` };
    expect(await installedVersion(agentFor('claude'), env)).toBe('9.9.9 (Claude Code)');
    expect(await installedVersion(agentFor('codex'), env)).toBeNull();
    expect(await installedVersion(agentFor('claude'), { PATH: '/nowhere' })).toBeNull();
  });

  test("an agent's folders are made, follow its variable, and leave out what is missing", async () => {
    writeFileSync(path.join(root, 'settings.json'), '{}');
    const folders = await agentFolders(agentFor('claude'), { CLAUDE_CONFIG_DIR: root }, '/no/home');
    expect(folders).toEqual({ writable: [path.join(root, 'projects')], readable: [path.join(root, 'settings.json')] });
  });

  test('a session exists once the agent has written it', async () => {
    const env = { CODEX_HOME: root };
    expect(await hasSession(agentFor('codex'), '019a-b', env, root)).toBe(false);
    mkdirSync(path.join(root, 'sessions', '2026', '11'), { recursive: true });
    writeFileSync(path.join(root, 'sessions', '2026', '11', 'rollout-x-019a-b.jsonl'), '{}');
    expect(await hasSession(agentFor('codex'), '019a-b', env, root)).toBe(true);
    expect(await hasSession(agentFor('command'), '019a-b', env, root)).toBe(false);
  });
});
