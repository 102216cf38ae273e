import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { type AgentNote, type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const numbers = ['1', '2', '3', '4', '5', '6'];

describe('six issues side by side, one of which fails', () => {
  let repository: GitHubRepository;
  beforeAll(async () => {
    repository = await makeRepository(world, { config: { agent: { maxParallel: 3, maxAttempts: 1 } } });
    const work = (sleep: number, number: number) => `sleep ${sleep}\nwrite f${number}.txt`;
    repository.github.seed({
      issues: [
        // The first one lasts as long as the others together: in batches nothing would start before it ends.
        { title: 'Long', body: `gate others-done\n${work(0, 1)}` },
        { title: 'Short', body: work(0.5, 2) },
        { title: 'Fails once', body: `sleep 0.5\nfail-once no such luck\nwrite f3.txt` },
        { title: 'Four', body: work(1, 4) },
        { title: 'Five', body: work(0.3, 5) },
        { title: 'Six', body: work(0.3, 6) },
      ],
    });
  });

  test('three run at all times, and the others are done', async () => {
    const running = repository.start(['run', ...numbers]);
    await untilEnded(repository, 5);
    await repository.openGate('others-done');
    const { code, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('finished: 5 of 6 tasks done, 1 failed'),
    });

    const notes = await repository.agentLog();
    expect((await repository.agentStarts()).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Math.max(...loads(notes))).toBe(3);
    // While the long one runs, both other lanes are used again and again.
    const endOfLong = notes.findIndex((note) => note.issue === 1 && note.event === 'end');
    expect(endOfLong).toBe(notes.length - 1);

    const branches = [1, 2, 4, 5, 6].map((number) => `locus/issue-${number}`);
    expect(await repository.remoteBranches()).toEqual([...branches, 'main']);
    for (const branch of branches) {
      expect((await repository.commits(branch)).map(({ files }) => files)).toEqual([[`f${branch.at(-1)}.txt`]]);
    }
    expect(
      pullsOf(repository.github)
        .map((text) => text.split(' ')[1])
        .sort(),
    ).toEqual(branches.map((branch) => `${branch}→main`));
    for (const number of [1, 2, 4, 5, 6]) {
      expect(viewOfIssue(repository.github, number)).toEqual({
        labels: ['locus:done'],
        comments: ['🤖 **Locus execution complete**'],
      });
    }
    expect(viewOfIssue(repository.github, 3)).toEqual({
      labels: ['locus:failed'],
      comments: ['🤖 **Locus execution failed**'],
    });
    expect(await repository.worktrees()).toEqual(['issue-3']);
  });

  test('--resume runs only the one that failed', async () => {
    const pulls = pullsOf(repository.github);
    const { code, stdout } = await repository.run(['run', ...numbers, '--resume']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('finished: 1 of 1 task done') });
    expect((await repository.agentStarts()).slice(6)).toEqual([3]);
    expect(viewOfIssue(repository.github, 3)).toEqual({
      labels: ['locus:done'],
      comments: ['🤖 **Locus execution failed**', '🤖 **Locus execution complete**'],
    });
    expect(pullsOf(repository.github)).toEqual([...pulls, '#12 locus/issue-3→main open "Fails once (#3)"']);
    expect(await repository.worktrees()).toEqual([]);
  });

  test('--resume has nothing to do after that, and the run neither', async () => {
    const before = repository.github.log.length;
    expect(await repository.run(['run', ...numbers, '--resume'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing that is still to be done'),
    });
    const again = await repository.run(['run', ...numbers]);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('#3 Fails once: done already, pull request #12'),
    });
    expect(writesOf(repository.github, before)).toEqual([]);
    expect(await repository.agentStarts()).toHaveLength(7);
  });
});

test('an issue of a sprint is refused in a parallel run, with the sprint’s name', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'Alone' }, { title: 'In it', milestone: 'Sprint "X"' }] });
  const { code, stderr } = await repository.run(['run', '1', '2']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('issue #2 belongs to the sprint "Sprint "X""'),
  });
  expect(writesOf(github)).toEqual([]);
  expect(await repository.agentStarts()).toEqual([]);
  expect(await repository.remoteBranches()).toEqual(['main']);
});

async function untilEnded(repository: GitHubRepository, count: number): Promise<void> {
  const { until } = await import('./support/wait.ts');
  await until(
    `${count} agents have ended`,
    async () => {
      const ends = (await repository.agentLog()).filter(({ event }) => event === 'end');
      return ends.length >= count;
    },
    40,
  );
}

/** How many agents run after each note of the log. */
function loads(notes: readonly AgentNote[]): number[] {
  let running = 0;
  return notes.map(({ event }) => {
    running += event === 'start' ? 1 : -1;
    return running;
  });
}
