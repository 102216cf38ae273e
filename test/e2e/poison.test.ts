import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { isAlive } from '../faults-support/keeper.ts';
import { issueOf, labelsOf } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end(), 60_000);

const labels = (repository: GitHubRepository, ...issues: number[]) =>
  issues.map((issue) => labelsOf(issueOf(repository.github, issue)));

test('an agent that prints nothing for agent.stallMinutes is ended, which counts; the next attempt begins on a clean tree', async () => {
  const repository = await makeRepository(world, { config: { agent: { stallMinutes: 0.08, maxAttempts: 2 } } });
  const issues = [
    { title: 'Once', body: 'append tries.txt\nonce sleep 3600' },
    { title: 'Always', body: 'sleep 3600' },
  ];
  repository.github.seed({ issues });
  const { code, stdout } = await repository.run(['run', '1', '2']);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('command printed nothing for as long as agent.stallMinutes allows'),
  });
  expect((await repository.agentStarts()).sort()).toEqual([1, 1, 2, 2]);
  expect((await repository.agentLog()).filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(await repository.gitRemote('show', 'locus/issue-1:tries.txt')).toBe('work on #1');
});

test('an issue whose agent always fails costs agent.maxAttempts starts, and all others of a parallel run are done', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxAttempts: 3, maxParallel: 2 } } });
  const bodies = ['fail no idea', '', 'shell kill -9 $PPID', '', ''];
  repository.github.seed({ issues: bodies.map((body, index) => ({ title: `Task ${index + 1}`, body })) });
  const { code, stdout } = await repository.run(['run', '1', '2', '3', '4', '5']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('3 of 5 tasks done, 2 failed') });
  expect((await repository.agentStarts()).sort()).toEqual([1, 1, 1, 2, 3, 3, 3, 4, 5]);
  const [bad, good] = [['locus:failed'], ['locus:done']];
  expect(labels(repository, 1, 2, 3, 4, 5)).toEqual([bad, good, bad, good, good]);
  expect(await repository.remoteBranches()).toEqual(['locus/issue-2', 'locus/issue-4', 'locus/issue-5', 'main']);
});
