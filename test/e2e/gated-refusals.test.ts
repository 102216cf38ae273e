import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keeperOf } from '../faults-support/keeper.ts';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { writesOf } from './support/github.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** Refused in one line and what to do, and nothing is there that was not there before. */
async function refused(repository: GatedRepository, args: readonly string[], code: number, ...texts: string[]) {
  const before = await traces(repository);
  const ended = await repository.run(['run', ...args, '--gated']);
  expect(ended).toMatchObject({ code, stdout: '' });
  const said = ended.stderr
    .trim()
    .split('\n')
    .filter((line) => !/^(starting|warning)/.test(line));
  expect(said).toHaveLength(2);
  for (const text of texts) expect(ended.stderr).toContain(text);
  expect(await traces(repository)).toEqual(before);
}

async function traces(repository: GatedRepository) {
  const ended = await repository.run(['runs', '--json']);
  return {
    runs: ended.stdout.includes(repository.gated),
    branches: await repository.git('for-each-ref', '--format=%(refname) %(objectname)'),
    remote: await repository.remoteBranches(),
    worktrees: await repository.worktrees(),
    status: await repository.git('status', '--porcelain'),
    writes: writesOf(repository.github),
    calls: await repository.calls(),
  };
}

describe('a gated run is refused before anything exists', () => {
  test('C1: where it is not enabled, absent and false alike', async () => {
    for (const run_mode of [undefined, { enabled: false }]) {
      const repository = await makeGated(world, {}, { config: { run_mode: run_mode ?? { enabled: undefined } } });
      await refused(repository, ['1'], 2, 'not enabled', 'run_mode.enabled');
    }
  }, 60_000);

  test('C2: on a protected branch, and C44: on a detached HEAD; a command to leave it is named', async () => {
    const repository = await makeGated(world, {});
    await repository.git('switch', '-q', 'main');
    await refused(repository, ['1'], 1, 'main', 'git switch -c');
    await repository.git('switch', '-q', '-c', 'release/v1');
    await refused(repository, ['1'], 1, 'release/v1', 'git switch -c');
    await repository.git('switch', '-q', '--detach');
    await refused(repository, ['1'], 1, 'HEAD is detached', 'git switch -c');
  }, 60_000);

  test('C50: auto_push "maybe" is named with its key and what it may be', async () => {
    const repository = await makeGated(world, {}, { config: { run_mode: { git: { auto_push: 'maybe' } } } });
    await refused(repository, ['1'], 2, 'run_mode.git.auto_push', 'true', 'false', '"prompt"', '"maybe"');
  }, 60_000);

  test.each([
    ['an issue that is not there', ['77'], 2, ['77']],
    ['a sprint that neither plan nor tracker has', ['sprint-9'], 2, ['sprint-9']],
    ['what is no target', ['sprint-x'], 2, ['"sprint-x"', 'locus run 42 --gated']],
    ['two targets', ['1', '2'], 2, ['one target']],
    ['a protected --branch', ['1', '--branch', 'hotfix/x'], 1, ['"hotfix/x"', '--branch']],
    ['the default branch', ['1', '--branch', 'main'], 1, ['"main"', '--branch']],
    ['--max-cycles 0', ['1', '--max-cycles', '0'], 2, ['--max-cycles']],
    ['--timeout -1', ['1', '--timeout', '-1'], 2, ['--timeout']],
  ] as const)(
    'A1: %s',
    async (_what, args, code, texts) => {
      await refused(await makeGated(world, {}), args, code, ...texts);
    },
    60_000,
  );

  test('A4: a plan whose sprints would go to protected branches, also without a start', async () => {
    const repository = await makeGated(world, {});
    for (const more of [[], ['--dry-run']]) {
      const args = ['sprint-plan', '--no-consolidate', '--branch', 'release', ...more];
      await refused(repository, args, 1, '"release-sprint-1"', '--branch');
    }
    const together = await repository.run(['run', 'sprint-plan', '--branch', 'release', '--dry-run']);
    expect(together).toMatchObject({ code: 0, stdout: expect.stringContaining('Branch: release,') });
  }, 60_000);

  test("A4: the repository's default branch, where work is based on another", async () => {
    const config = { agent: { baseBranch: 'base' }, github: { defaultBranch: 'trunk' } };
    const repository = await makeGated(world, {}, { config });
    await repository.git('push', '-q', 'origin', 'main:base', 'main:trunk');
    await repository.git('fetch', '-q', 'origin');
    await refused(repository, ['1', '--branch', 'trunk'], 1, '"trunk"', '--branch');
  }, 60_000);

  test("A1: a role's agent that is not installed, or is no program", async () => {
    const roles = { auditor: { provider: 'codex' } };
    const repository = await makeGated(world, {}, { config: { roles } });
    const bin = path.join(world.folder, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(path.join(bin, 'codex'), 'not for running\n');
    await chmod(path.join(bin, 'codex'), 0o644);
    await refused(repository, ['1'], 2, 'codex');
  }, 60_000);
});

describe('a gated run beside another', () => {
  test('C4: is refused while the first works and while it is halted; --fresh ends a halted one', async () => {
    const repository = await makeGated(world, { implementer: [{ gate: 'go' }, {}] });
    const first = repository.start(['run', '1', '--gated']);
    await repository.called('implementer');
    const others = [
      ['sprint-1'],
      ['1', '--fresh'],
      ['1', '--autonomous'],
      ['1', '--dry-run'],
      ['sprint-plan', '--dry-run'],
    ];
    for (const args of others) {
      await refused(repository, args, 2, 'RUNNING', 'locus status', 'locus halt', 'locus resume');
    }
    await repository.run(['halt', repository.gated, '--force']);
    expect(await first.ended).toMatchObject({ code: 3 });
    await repository.inState('HALTED');
    for (const dry of [[], ['--dry-run']]) {
      await refused(repository, ['sprint-1', ...dry], 2, 'HALTED', 'locus resume', '--fresh');
    }
    const dry = await repository.run(['run', 'sprint-1', '--gated', '--fresh', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('The cart') });
    expect((await repository.status()).run.state).toBe('HALTED');
    expect(await repository.run(['run', 'sprint-1', '--gated', '--fresh'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  }, 150_000);

  test('C4: of two that start at once one works, and the other is refused', async () => {
    const repository = await makeGated(world, {});
    await repository.run(['up']);
    const both = await Promise.all([repository.run(['run', '1', '--gated']), repository.run(['run', '1', '--gated'])]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(both.find(({ code }) => code === 2)?.stderr).toContain('a gated run of this repository is in progress');
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  }, 90_000);

  test('C5: --dry-run prints the plan and changes nothing, and starts no server', async () => {
    const own = await openWorld();
    try {
      const repository = await makeGated(own, {});
      const before = await repository.git('for-each-ref');
      const { code, stdout } = await repository.run(['run', 'sprint-1', '--gated', '--dry-run', '--max-cycles', '7']);
      expect(code).toBe(0);
      for (const text of ['sprint-1', 'The cart', 'feature/sprint-1', 'reviewer', '7 cycles', 'AUTO'])
        expect(stdout).toContain(text);
      expect(await repository.git('for-each-ref')).toBe(before);
      expect(await repository.git('status', '--porcelain')).toBe('');
      expect(writesOf(repository.github)).toEqual([]);
      expect(await repository.calls()).toEqual([]);
      expect(await readdir(own.stateDir).catch(() => [])).not.toContain('runs');
      await expect(keeperOf(own)).rejects.toThrow();
    } finally {
      await own.end();
    }
  }, 60_000);
});
