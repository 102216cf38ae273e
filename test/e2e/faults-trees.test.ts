import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sprintOf } from '../faults-support/keeper.ts';
import { pullsOf, writesOf } from './support/github.ts';
import { makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

test('Fault 5: a title, a milestone, a body or a comment with shell in it is never executed', async () => {
  const trap = path.join(world.folder, 'was-executed');
  const evil = `$(touch ${trap}) \`touch ${trap}\` "; touch ${trap}; " '; touch ${trap}; ' | touch ${trap}`;
  const repository = await makeRepository(world, {
    config: { agent: { verify: 'true' }, workspace: { setup: ['true'] }, notify: { command: ['true'] } },
  });
  repository.github.seed({
    issues: [
      { title: evil, milestone: evil, body: `${evil}\nwrite a.txt`, comments: [evil], labels: ['type:bug'] },
      { title: evil, body: evil },
    ],
  });
  expect(await repository.run(['run', '--sprint', evil])).toMatchObject({ code: 0 });
  expect(await repository.run(['run', '2'])).toMatchObject({ code: 0 });
  await expect(access(trap)).rejects.toThrow('ENOENT');
  expect(repository.github.state().pulls).toHaveLength(2);
}, 120_000);

describe("Fault 6: nothing goes into a commit but its own task's work", () => {
  test("half-made files of a failed task are not in the next one's commit, and the person's own files in none", async () => {
    const repository = await makeRepository(world, {
      config: { sprint: { stopOnFailure: false }, agent: { maxAttempts: 1 } },
    });
    sprintOf(repository, ['write half.txt\nwrite README.md broken\nfail no idea', '', '']);
    await writeFile(path.join(repository.root, 'mine.txt'), 'mine');
    await writeFile(path.join(repository.root, 'README.md'), 'my own change');
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 1 });
    const commits = await repository.commits('locus/sprint-s');
    expect(commits.map(({ files }) => files)).toEqual([['issue-2.txt'], ['issue-3.txt']]);
    expect(await repository.git('status', '--porcelain')).toBe(' M README.md\n?? mine.txt'.trim());
    expect(await repository.git('show', 'HEAD:README.md')).toBe('# Shop');
  }, 120_000);

  test('the second attempt of a failed task begins on a clean tree', async () => {
    const repository = await makeRepository(world, { config: { agent: { maxAttempts: 2 } } });
    sprintOf(repository, ['append tries.txt\nfail-once']);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    expect(await repository.gitRemote('show', 'locus/sprint-s:tries.txt')).toBe('work on #1');
  }, 120_000);
});

describe('Fault 7: nothing is done twice', () => {
  test('a second run before the merge does nothing and names the pull request', async () => {
    const repository = await makeRepository(world);
    repository.github.seed({ issues: [{ title: 'Alone' }, { title: 'Task 2', milestone: 'S' }] });
    expect(await repository.run(['run', '1'])).toMatchObject({ code: 0 });
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    const pulls = pullsOf(repository.github);
    const writes = writesOf(repository.github).length;
    expect(await repository.run(['run', '1'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/#1 Alone: done already, pull request #3/),
    });
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/#2 Task 2: done already, pull request #4/),
    });
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect(pullsOf(repository.github)).toEqual(pulls);
    expect(writesOf(repository.github)).toHaveLength(writes);
  }, 120_000);

  test('two that are started at once are one run: each task runs once', async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['sleep 0.5\nwrite one.txt', '', '']);
    const both = await Promise.all([
      repository.run(['run', '--sprint', 'S']),
      repository.run(['run', '--sprint', 'S']),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await repository.agentStarts()).toEqual([1, 2, 3]);
    expect(await repository.commits('locus/sprint-s')).toHaveLength(3);
    expect(repository.github.state().pulls).toHaveLength(1);
  }, 120_000);
});

describe('Fault 8: a dry run changes nothing', () => {
  test('it starts no server and no agent, and writes nothing', async () => {
    const other = await openWorld();
    try {
      const repository = await makeRepository(other);
      sprintOf(repository, ['', '']);
      const ended = await repository.run(['run', '--sprint', 'S', '--dry-run']);
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/#1 Task 1[\s\S]*#2 Task 2/) });
      await expect(access(path.join(other.stateDir, 'keeper.json'))).rejects.toThrow('ENOENT');
      expect(writesOf(repository.github)).toEqual([]);
      expect(await repository.git('branch', '--list', 'locus/*')).toBe('');
      expect(await repository.agentStarts()).toEqual([]);
    } finally {
      await other.end();
    }
  }, 120_000);

  test('with --resume it starts no agent, and the run can be resumed after it', async () => {
    const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
    sprintOf(repository, ['', 'fail-once\nwrite two.txt']);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 3 });
    const writes = writesOf(repository.github).length;
    expect(await repository.run(['run', '--sprint', 'S', '--resume', '--dry-run'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect(writesOf(repository.github)).toHaveLength(writes);
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 2, 2]);
  }, 120_000);
});

describe('Fault 9: the exit code tells how it ended', () => {
  test('failed tasks 1, an unknown issue or sprint 2, nothing to resume 2, halted 3, all done 0', async () => {
    const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
    repository.github.seed({
      issues: [
        { title: 'One', body: 'fail' },
        { title: 'Two' },
        { title: 'Three', body: 'nothing' },
        { title: 'Four', milestone: 'S', body: 'fail' },
      ],
    });
    const code = async (...args: string[]) => (await repository.run(['run', ...args])).code;
    expect(await code('1')).toBe(1);
    expect(await code('3')).toBe(1);
    expect(await code('1', '2')).toBe(1);
    expect(await code('99')).toBe(2);
    expect(await code('--sprint', 'nope')).toBe(2);
    expect(await code('2', '--resume')).toBe(2);
    expect(await code('--sprint', 'S')).toBe(3);
    expect(await code('--sprint', 'S')).toBe(3);
    expect(await code('2')).toBe(0);
  }, 90_000);
});
