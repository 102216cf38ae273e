import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { configureAgent, makeClaudeRepository } from '../faults-support/claude.ts';
import { isAlive, sprintOf } from '../faults-support/keeper.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end(), 60_000);

/** An agent that tells more cost than it may have, and would then work on for an hour. */
const costs = (usd: number) => `once cost ${usd}\nonce sleep 3600`;

async function expectNoAgent(repository: GitHubRepository): Promise<void> {
  expect((await repository.agentLog()).filter(({ pid }) => isAlive(pid))).toEqual([]);
}

test('a task’s budget ends its agent while it works, keeps what that made and fails; others go on, and a larger one lets it', async () => {
  const repository = await makeClaudeRepository(world, { config: { agent: { budgetUsd: 1 } } });
  repository.github.seed({ issues: [{ title: 'Dear', body: `write half.txt\n${costs(1.25)}` }, { title: 'Cheap' }] });
  const { code, stdout } = await repository.run(['run', '1', '2']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('1 of 2 tasks done, 1 failed') });
  expect(stdout).toContain(
    "the task's budget of $1.00 is spent: $1.25, $0.25 over\n    raise agent.budgetUsd, then `locus run --resume`",
  );
  await expectNoAgent(repository);
  const [kept] = (await repository.git('for-each-ref', '--format=%(refname)', 'refs/locus/wip')).split('\n');
  expect(await repository.git('show', `${kept}:half.txt`)).toBe('work on #1');

  await configureAgent(repository, { budgetUsd: 5 });
  expect(await repository.run(['run', '1', '2', '--resume'])).toMatchObject({ code: 0 });
  expect((await repository.agentStarts()).sort()).toEqual([1, 1, 2]);
});

describe('a run’s budget halts it when it is spent, in words, and a larger one lets it go on', () => {
  test('over the tasks of a sprint: in the session and with the work it had', async () => {
    const repository = await makeClaudeRepository(world, { config: { agent: { runBudgetUsd: 2 } } });
    sprintOf(repository, ['write one.txt\ncost 1.5', `append two.txt\n${costs(0.75)}`, '']);
    const { code, stdout } = await repository.run(['run', '--sprint', 'S']);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringContaining(
        "halted: the run's budget of $2.00 is spent: $2.25, $0.25 over\n  raise agent.runBudgetUsd, then `locus run --resume`",
      ),
    });
    await expectNoAgent(repository);
    // As it is, it only halts again, and says so without waiting for anything.
    const began = performance.now();
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("the run's budget of $2.00 is spent"),
    });
    expect(performance.now() - began).toBeLessThan(8000);
    expect(await repository.agentStarts()).toEqual([1, 2]);

    await configureAgent(repository, { runBudgetUsd: 20 });
    expect(await repository.run(['resume', `${repository.github.repo}/`])).toMatchObject({ code: 0 });
    await until('the run has ended', () => repository.github.state().pulls.length === 1, 40);
    const starts = (await repository.agentLog()).filter(({ event }) => event === 'start');
    expect(starts.map(({ issue }) => issue)).toEqual([1, 2, 2, 3]);
    expect(starts[2]?.session).toBe(`session-${starts[1]?.pid}`);
    expect(await repository.gitRemote('show', 'locus/sprint-s:two.txt')).toBe('work on #2\nwork on #2');
  });

  test('over the tasks of a parallel run', async () => {
    const repository = await makeClaudeRepository(world, { config: { agent: { runBudgetUsd: 2, maxParallel: 2 } } });
    const dear = `append work.txt\n${costs(1.25)}`;
    repository.github.seed({ issues: [{ title: 'A', body: dear }, { title: 'B', body: dear }, { title: 'C' }] });
    const { code, stdout } = await repository.run(['run', '1', '2', '3']);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringContaining("the run's budget of $2.00 is spent: $2.50, $0.50 over"),
    });
    await expectNoAgent(repository);
    expect((await repository.agentStarts()).sort()).toEqual([1, 2]);

    await configureAgent(repository, { runBudgetUsd: 20 });
    expect(await repository.run(['run', '1', '2', '3', '--resume'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 of 3 tasks done'),
    });
    expect((await repository.agentStarts()).sort()).toEqual([1, 1, 2, 2, 3]);
    for (const issue of [1, 2])
      expect(await repository.gitRemote('show', `locus/issue-${issue}:work.txt`)).toBe(
        `work on #${issue}\nwork on #${issue}`,
      );
  });
});

test.each([
  [{ budgetUsd: 1 }, 'agent.budgetUsd limits'],
  [{ budgetUsd: 1, runBudgetUsd: 5 }, 'agent.budgetUsd and agent.runBudgetUsd limit'],
])('%j is warned of where the agent is a command, which tells no cost', async (agent, words) => {
  const repository = await makeRepository(world, { config: { agent } });
  sprintOf(repository, ['']);
  expect(await repository.run(['run', '--sprint', 'S', '--dry-run'])).toMatchObject({
    code: 0,
    stderr: `warning: ${words} nothing here: a command tells no cost\n`,
  });
});
