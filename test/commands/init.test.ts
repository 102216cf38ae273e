import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type InitDeps, type InitOptions, init, type Surroundings } from '../../src/commands/init.ts';
import { LocusFailure } from '../../src/domain/failures.ts';
import { allLabels } from '../../src/domain/labels.ts';
import { type MemoryTracker, memoryTracker } from './memory-tracker.ts';

let root: string;
let tracker: MemoryTracker;
let printed: string[];
let warnings: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'locus-init-'));
  await mkdir(join(root, 'bin'));
  tracker = memoryTracker();
  printed = [];
  warnings = [];
  jest.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
  jest.spyOn(console, 'error').mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(root, { recursive: true });
});

const run = (options: InitOptions = {}, found: Partial<Surroundings> = {}, deps: Partial<InitDeps> = {}) =>
  init(options, {
    surroundings: { root, currentBranch: 'work', owner: 'acme', repo: 'app', defaultBranch: 'main', ...found },
    path: join(root, 'bin'),
    ask: null,
    openTracker: async () => tracker,
    ...deps,
  });
const read = (path: string) => readFile(join(root, path), 'utf8');
const config = async () => JSON.parse(await read('.locus/config.json'));

async function install(agent: string): Promise<void> {
  await writeFile(join(root, 'bin', agent), '#!/bin/sh\n');
  await chmod(join(root, 'bin', agent), 0o755);
}

test('a repository is set up with what is found', async () => {
  await install('codex');
  expect(await run()).toBe(0);
  expect(await config()).toEqual({
    tracker: 'github',
    ai: { provider: 'codex' },
    github: { owner: 'acme', repo: 'app', defaultBranch: 'main' },
  });
  expect(await read('.locus/LOCUS.md')).toContain('# Instructions for agents');
  expect(await read('.gitignore')).toBe('.locus/worktrees/\n');
  expect(tracker.labels).toEqual(allLabels.map((label) => label.name));
  expect(warnings).toEqual([]);
});

test('run again, it changes nothing', async () => {
  await install('claude');
  await writeFile(join(root, '.gitignore'), 'node_modules');
  await run();
  await writeFile(join(root, '.locus', 'LOCUS.md'), 'mine');
  const before = await Promise.all(['.locus/config.json', '.gitignore'].map(read));
  printed = [];
  expect(await run({}, { defaultBranch: 'other', owner: 'fork' })).toBe(0);
  expect(printed).toEqual(['nothing to change']);
  expect(await Promise.all(['.locus/config.json', '.gitignore'].map(read))).toEqual(before);
  expect(await read('.locus/LOCUS.md')).toBe('mine');
  expect(before[1]).toBe('node_modules\n.locus/worktrees/\n');
});

test.each(['.locus', '/.locus/', '.locus/*', '.locus/worktrees', '/.locus/worktrees/'])(
  'a .gitignore with %s is left alone',
  async (line) => {
    await writeFile(join(root, '.gitignore'), `${line}\r\n`);
    await run();
    expect(await read('.gitignore')).toBe(`${line}\r\n`);
  },
);

test('flags win over what is found and what is written', async () => {
  await run();
  await run({ owner: 'me', repo: 'mine', base: 'trunk', provider: 'codex' });
  expect(await config()).toMatchObject({
    ai: { provider: 'codex' },
    github: { owner: 'me', repo: 'mine', defaultBranch: 'trunk' },
  });
});

test('without a terminal, what cannot be found is an error that names the flag, and nothing is written', async () => {
  await expect(run({}, { owner: null, repo: null })).rejects.toMatchObject({
    type: 'UsageInvalid',
    details: { remedy: expect.stringContaining('--owner') },
  });
  await expect(run({}, { defaultBranch: null, currentBranch: null })).rejects.toMatchObject({
    details: { remedy: 'name it with --base' },
  });
  await expect(config()).rejects.toThrow('ENOENT');
});

test('on a terminal, only what cannot be found is asked', async () => {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return 'acme';
  };
  await run({}, { owner: null }, { ask });
  expect(asked).toEqual(['Owner of the repository on GitHub']);
  expect(await config()).toMatchObject({ github: { owner: 'acme', repo: 'app' } });
});

test('--yes never asks', async () => {
  const ask = async () => 'acme';
  await expect(run({ yes: true }, { owner: null }, { ask })).rejects.toThrow('who owns the repository');
});

test('the local tracker needs no owner', async () => {
  await run({ tracker: 'local' }, { owner: null, repo: null });
  expect(await config()).toMatchObject({ tracker: 'local', github: { defaultBranch: 'main' } });
});

test('without a token the labels are left for later, with words', async () => {
  const openTracker = async () => {
    throw new LocusFailure('CredentialsMissing', 'there is no GitHub token');
  };
  expect(await run({}, {}, { openTracker })).toBe(0);
  expect(warnings).toContain('warning: no labels made: there is no GitHub token; runs make the ones they use');
});

test('without an agent on the PATH it says so', async () => {
  await run();
  expect(warnings[0]).toContain('neither claude nor codex is on the PATH');
});

test('the provider command comes with its program', async () => {
  await run({ provider: 'command', command: ['./agent.sh', '--fast'] });
  expect(await config()).toMatchObject({ ai: { provider: 'command' }, agent: { command: ['./agent.sh', '--fast'] } });
  await expect(run({ provider: 'command' })).resolves.toBe(0);
});
