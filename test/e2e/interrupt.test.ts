import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isAlive, sprintOf } from '../faults-support/keeper.ts';
import { canOpenTerminal, inTerminal } from '../faults-support/terminal.ts';
import { issueOf, labelsOf } from './support/github.ts';
import { type AgentNote, type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** A sprint of two whose first agent writes half of its file and then waits for a gate. */
async function twoTasks(): Promise<GitHubRepository> {
  const repository = await makeRepository(world);
  sprintOf(repository, ['append one.txt half\ngate go\nappend one.txt rest', '']);
  return repository;
}

/** The agent's start, once its half is written. */
async function atHalf(repository: GitHubRepository): Promise<AgentNote> {
  const agent = await until('the agent works', async () => (await repository.agentLog())[0]);
  await until('it has written half', () => repository.git('-C', agent.cwd, 'hash-object', 'one.txt').catch(() => ''));
  return agent;
}

/** Halted: the agent is gone, its half is on a ref, nothing is committed. */
async function expectHalted(repository: GitHubRepository, agent: AgentNote): Promise<void> {
  await until(
    'the run is halted',
    async () =>
      JSON.parse((await repository.run(['status', `${repository.github.repo}/`, '--json'])).stdout).status === 'halted',
  );
  expect(isAlive(agent.pid)).toBe(false);
  const [ref, ...more] = (await repository.git('for-each-ref', '--format=%(refname)', 'refs/locus/wip')).split('\n');
  expect(more).toEqual([]);
  expect(await repository.git('show', `${ref}:one.txt`)).toBe('half');
  expect(await repository.git('log', '--format=%s', 'main..locus/sprint-s')).toBe('');
  expect(await repository.git('-C', agent.cwd, 'status', '--porcelain')).toBe('');
  expect(await repository.agentStarts()).toEqual([1]);
}

/** Resumed: the half is given back, and every task is done once. */
async function expectFinished(repository: GitHubRepository): Promise<void> {
  await repository.openGate('go');
  expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
  expect(await repository.agentStarts()).toEqual([1, 1, 2]);
  expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('half\nhalf\nrest');
  expect((await repository.commits('locus/sprint-s')).map(({ issue }) => issue)).toEqual(['1', '2']);
  for (const number of [1, 2]) expect(labelsOf(issueOf(repository.github, number))).toEqual(['locus:done']);
  expect(await repository.git('for-each-ref', 'refs/locus/wip')).toBe('');
}

describe('Fault 14: an interruption stops the run, loses nothing, and gives the shell back', () => {
  test('SIGINT once: exit code 130 within seconds, the agent is gone, its work is kept and given back', async () => {
    const repository = await twoTasks();
    const cli = repository.start(['run', '--sprint', 'S']);
    const agent = await atHalf(repository);
    await until('the run is shown', () => cli.stdout().includes('Task 1'));
    const began = performance.now();
    cli.process.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stdout: expect.stringMatching(/locus run --resume/) });
    expect(performance.now() - began).toBeLessThan(6000);
    await expectHalted(repository, agent);
    await expectFinished(repository);
  }, 120_000);

  test('SIGINT twice: exit code 130 at once, and the run halts all the same', async () => {
    const repository = await twoTasks();
    const cli = repository.start(['run', '--sprint', 'S']);
    const agent = await atHalf(repository);
    await until('the run is shown', () => cli.stdout().includes('Task 1'));
    cli.process.kill('SIGINT');
    await until('it says that it stops', () => cli.stdout().includes('stopping'));
    const began = performance.now();
    cli.process.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130 });
    expect(performance.now() - began).toBeLessThan(1500);
    await expectHalted(repository, agent);
    await expectFinished(repository);
  }, 120_000);

  (canOpenTerminal ? test : test.skip).each(['ctrl-c', 'esc', 'twice'] as const)(
    'on a terminal: %s',
    async (key) => {
      const repository = await twoTasks();
      const terminal = inTerminal(world, repository, ['run', '--sprint', 'S']);
      const agent = await atHalf(repository);
      await until('the run is shown', () => terminal.text().includes('Task 1'));
      const began = performance.now();
      terminal.press(key);
      expect(await terminal.ended).toBe(130);
      expect(performance.now() - began).toBeLessThan(6000);
      await expectHalted(repository, agent);
      await expectFinished(repository);
    },
    120_000,
  );

  test.each([
    'SIGTERM',
    'SIGHUP',
    'SIGINT with --wait',
    ...(canOpenTerminal ? (['a closed terminal'] as const) : []),
  ] as const)(
    '%s leaves the run alone: it goes on and is found again',
    async (how) => {
      const repository = await twoTasks();
      if (how === 'a closed terminal') {
        const terminal = inTerminal(world, repository, ['run', '--sprint', 'S']);
        await atHalf(repository);
        await until('the run is shown', () => terminal.text().includes('Task 1'));
        terminal.press('hangup');
        await terminal.ended;
      } else {
        const cli = repository.start(['run', '--sprint', 'S', ...(how === 'SIGINT with --wait' ? ['--wait'] : [])]);
        await atHalf(repository);
        cli.process.kill(how === 'SIGINT with --wait' ? 'SIGINT' : how);
        await cli.ended;
      }
      expect(
        JSON.parse((await repository.run(['status', `${repository.github.repo}/`, '--json'])).stdout),
      ).toMatchObject({ status: 'running' });
      await repository.openGate('go');
      expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
      expect(await repository.agentStarts()).toEqual([1, 2]);
      expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('half\nrest');
    },
    120_000,
  );
});
