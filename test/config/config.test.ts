import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { saveConfig } from '../../src/config/save.ts';
import { snapshot } from '../../src/config/snapshot.ts';
import { LocusFailure } from '../../src/domain/failures.ts';

const parsed = (value: unknown) => parseConfig(JSON.stringify(value));
const settings = (value: unknown, overrides = {}) => snapshot(parsed(value).config, overrides);

test('an empty config has the defaults that people know', () => {
  expect(settings({})).toEqual({
    provider: 'claude',
    model: 'opus',
    sandbox: 'auto',
    sandboxKind: null,
    dockerSandboxes: {},
    agent: {
      maxParallel: 3,
      autoLabel: true,
      autoPR: true,
      rebaseBeforeTask: true,
      updateWith: 'merge',
      command: null,
      env: [],
      timeoutMinutes: 120,
      stallMinutes: 15,
      maxAttempts: 2,
      orphanMinutes: 30,
      hostLostMinutes: 2,
      callsPerHour: 100,
      verify: null,
      budgetUsd: null,
      runBudgetUsd: null,
      prices: {},
    },
    workspace: { setup: null, copy: [] },
    sprint: { stopOnFailure: true, workspace: 'worktree' },
  });
});

describe('a wrong value is refused with its path', () => {
  test.each([
    [{ agent: { maxParallel: 'three' } }, 'agent.maxParallel must be a whole number of at least 1, is "three"'],
    [{ agent: { maxParallel: 0 } }, 'agent.maxParallel must be a whole number of at least 1, is 0'],
    [{ agent: { maxParallel: 1.5 } }, 'agent.maxParallel must be a whole number of at least 1, is 1.5'],
    [{ agent: { timeoutMinutes: -1 } }, 'agent.timeoutMinutes must be a number above 0, is -1'],
    [{ agent: { budgetUsd: 0 } }, 'agent.budgetUsd must be a number above 0, is 0'],
    [{ agent: { runBudgetUsd: '5' } }, 'agent.runBudgetUsd must be a number above 0, is "5"'],
    [{ agent: { prices: [] } }, 'agent.prices must be an object of model and prices, is []'],
    [
      { agent: { prices: { m: { inputUsd: -1, cachedInputUsd: 0, outputUsd: 1 } } } },
      'agent.prices.m.inputUsd must be a number of at least 0, is -1',
    ],
    [
      { agent: { prices: { m: { inputUsd: 1, outputUsd: 1 } } } },
      'agent.prices.m.cachedInputUsd must be a number of at least 0, is missing',
    ],
    [{ agent: { autoPR: 'false' } }, 'agent.autoPR must be true or false, is "false"'],
    [{ agent: { env: ['OK', 'A=B'] } }, 'agent.env[1] must be the name of an environment variable, is "A=B"'],
    [{ agent: { verify: 5 } }, 'agent.verify must be a command: a text, or a list of texts, is 5'],
    [{ agent: { command: [] } }, 'agent.command must name a program, is []'],
    [{ agent: { baseBranch: '--force' } }, 'agent.baseBranch must be the name of a branch, is "--force"'],
    [{ github: { defaultBranch: 'a..b' } }, 'github.defaultBranch must be the name of a branch, is "a..b"'],
    [{ github: { owner: 'a/b' } }, 'github.owner must be a name as in github.com/<owner>/<repo>, is "a/b"'],
    [
      { workspace: { copy: ['../.env'] } },
      'workspace.copy[0] must be a relative path inside the repository, is "../.env"',
    ],
    [{ workspace: { copy: ['/etc/passwd'] } }, 'workspace.copy[0] must be a relative path'],
    [{ workspace: { copy: ['a/../../b'] } }, 'workspace.copy[0] must be a relative path'],
    [{ tracker: 'gitlab' }, 'tracker must be "github" or "local", is "gitlab"'],
    [{ ai: { provider: 'gpt' } }, 'ai.provider must be "claude", "codex", or "command", is "gpt"'],
    [{ ai: 'claude' }, 'ai must be an object, is "claude"'],
    [{ sprint: { workspace: 'here' } }, 'sprint.workspace must be "worktree" or "root", is "here"'],
    [{ ai: { provider: 'command' } }, 'agent.command must be set for the provider "command"'],
    [[], 'it must be one object, is []'],
    [null, 'it must be one object, is null'],
  ])('%j', (value, message) => {
    expect(() => parsed(value)).toThrow(LocusFailure);
    expect(() => parsed(value)).toThrow(`.locus/config.json: ${message}`);
  });

  test('and all of them at once', () => {
    expect(() => parsed({ agent: { maxAttempts: 0, autoPR: 1 }, tracker: 3 })).toThrow(
      /tracker must be .*; agent\.autoPR must be .*; agent\.maxAttempts must be /,
    );
  });
});

describe('text that is not JSON is refused with its place', () => {
  test.each([
    ['{\n  "agent": {\n    "maxParallel": 3,\n  }\n}', 'line 4, column 3'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3'],
    ['{\n  // note\n}', 'line 2, column 3'],
    ["{\n  'a': 1 }", 'line 2, column 3'],
    ['{ "a": tru }', 'line 1, column 11'],
    ['{ "a": 1', 'line 1, column 9'],
    ['', 'line 1, column 1'],
    ['{}\nx', 'line 2, column 1'],
  ])('%j', (text, place) => {
    expect(() => parseConfig(text)).toThrow(`.locus/config.json is not valid JSON: ${place}: `);
  });
});

test('unknown keys are named, those of gated runs are known', () => {
  const { unknownKeys } = parsed({
    agnet: {},
    agent: { maxParalel: 3, maxParallel: 3 },
    __proto: 1,
    run_mode: { enabled: true },
    red_team: {},
    post_pr: {},
    guardrails: {},
    dissent: { enabled: false },
    roles: {},
    notify: { command: ['notify-send'] },
    logging: { level: 'debug' },
    temporal: { address: 'localhost:7233' },
    sandbox: { providers: { claude: 'locus-claude' } },
  });
  expect(unknownKeys).toEqual(['agnet', 'agent.maxParalel', '__proto']);
});

describe('the settings of a run', () => {
  test.each([
    [{ ai: { model: 'gpt-5' } }, {}, { provider: 'codex', model: 'gpt-5' }],
    [{ ai: { provider: 'codex' } }, {}, { provider: 'codex', model: null }],
    [{ ai: { provider: 'codex' } }, { model: 'sonnet' }, { provider: 'claude', model: 'sonnet' }],
    [{ ai: { provider: 'codex' } }, { model: 'mine' }, { provider: 'codex', model: 'mine' }],
    [
      { ai: { provider: 'command', model: 'opus' }, agent: { command: ['a'] } },
      {},
      { provider: 'command', model: 'opus' },
    ],
    [{ sandbox: { enabled: false } }, {}, { sandbox: 'off' }],
    [{ sandbox: { enabled: false } }, { sandbox: 'require' }, { sandbox: 'require' }],
    [{}, { sandbox: 'off' }, { sandbox: 'off' }],
  ])('of %j with %j', (value, overrides, expected) => {
    expect(settings(value, overrides)).toMatchObject(expected);
  });

  test('run a verify text by sh, and a list as it is', () => {
    expect(settings({ agent: { verify: 'npm test && npm run lint' } }).agent.verify).toEqual([
      'sh',
      '-c',
      'npm test && npm run lint',
    ]);
    expect(settings({ agent: { verify: ['npm', 'test'] } }).agent.verify).toEqual(['npm', 'test']);
  });

  test('are plain data', () => {
    const value = settings({ agent: { env: ['A'] } });
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });
});

describe('the file', () => {
  let root: string;
  const file = () => join(root, '.locus', 'config.json');
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'locus-config-'));
    await mkdir(join(root, '.locus'));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('may be missing', async () => {
    expect(await loadConfig(root)).toMatchObject({ exists: false, unknownKeys: [], path: file() });
  });

  test('may start with a byte order mark', async () => {
    await writeFile(file(), '\uFEFF{"tracker":"local"}');
    expect((await loadConfig(root)).config.tracker).toBe('local');
  });

  test('that is a folder is refused with words', async () => {
    await mkdir(file());
    await expect(loadConfig(root)).rejects.toThrow('.locus/config.json cannot be read (EISDIR)');
  });

  test('keeps its unknown keys and their order when a key is set', async () => {
    await writeFile(file(), '{"mine": {"deep": [1]}, "sprint": {"stopOnFailure": false, "x": 1}}');
    expect(await saveConfig(root, { 'sprint.active': 'Sprint "1"' })).toBe(true);
    expect(await readFile(file(), 'utf8')).toBe(
      `${JSON.stringify({ mine: { deep: [1] }, sprint: { stopOnFailure: false, x: 1, active: 'Sprint "1"' } }, null, 2)}\n`,
    );
  });

  test('is not touched when nothing changes', async () => {
    const text = '{ "sprint": { "active": "A" } }';
    await writeFile(file(), text);
    expect(await saveConfig(root, { 'sprint.active': 'A' })).toBe(false);
    expect(await readFile(file(), 'utf8')).toBe(text);
  });

  test('is not written with a wrong value', async () => {
    await expect(saveConfig(root, { 'github.owner': 'a b' })).rejects.toThrow('github.owner');
    expect((await loadConfig(root)).exists).toBe(false);
  });
});
