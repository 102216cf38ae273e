import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { issueOf, pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const complete = '🤖 **Locus execution complete**';
const failed = '🤖 **Locus execution failed**';
const branch = 'locus/sprint-sprint-1';

function seeded(repository: GitHubRepository, second: string): void {
  const milestone = 'Sprint 1';
  repository.github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone, body: second },
      { title: 'Three', milestone },
    ],
  });
}

describe('a sprint that stops on failure', () => {
  let repository: GitHubRepository;
  beforeAll(async () => {
    repository = await makeRepository(world);
    // Fails in its first four starts: twice in the run, twice after the first resume.
    seeded(repository, 'write half-made.txt\nfail-first 4 the tests are red\nwrite two.txt');
  });

  test('halts at the task that failed in each of its attempts, without a pull request', async () => {
    const { code, stdout } = await repository.run(['run']);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringContaining(
        'the tests are red\n    see `locus logs`\n■ halted; go on with `locus run --resume`\n',
      ),
    });
    expect(await repository.agentStarts()).toEqual([1, 2, 2]);
    expect((await repository.commits(branch)).map(({ issue, files }) => [issue, files])).toEqual([
      ['1', ['issue-1.txt']],
    ]);
    expect(pullsOf(repository.github)).toEqual([]);
    expect(viewOfIssue(repository.github, 1)).toEqual({ labels: ['locus:done'], comments: [complete] });
    expect(viewOfIssue(repository.github, 2)).toEqual({ labels: ['locus:failed'], comments: [failed] });
    expect(issueOf(repository.github, 2).comments[0]?.body).toMatch(
      /```\ncommand ended with exit code 1: the tests are red\n```/,
    );
    expect(viewOfIssue(repository.github, 3)).toEqual({ labels: [], comments: [] });
  });

  test('says that it is halted when it is run again, and starts nothing', async () => {
    const before = repository.github.log.length;
    const { code, stdout } = await repository.run(['run']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/is halted: .*the tests are red\ngo on with `locus run --resume`, .*`locus run --fresh`/);
    expect(writesOf(repository.github, before)).toEqual([]);
    expect(await repository.agentStarts()).toHaveLength(3);
    expect(await repository.run(['status'])).toMatchObject({ code: 0, stdout: expect.stringContaining('halted') });
  });

  test('halts again when the task fails again after a resume, with the same comment', async () => {
    expect(await repository.run(['run', '--resume'])).toMatchObject({ code: 3 });
    expect(await repository.agentStarts()).toEqual([1, 2, 2, 2, 2]);
    expect(viewOfIssue(repository.github, 2)).toEqual({ labels: ['locus:failed'], comments: [failed] });
  });

  test('retries it on a clean tree after the next resume and goes on to one pull request', async () => {
    const { code, stdout } = await repository.run(['run', '--resume']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('finished: 3 of 3 tasks done, pull request #4'),
    });
    expect(await repository.agentStarts()).toEqual([1, 2, 2, 2, 2, 2, 3]);
    expect((await repository.commits(branch)).map(({ issue, files }) => [issue, files])).toEqual([
      ['1', ['issue-1.txt']],
      ['2', ['half-made.txt', 'two.txt']],
      ['3', ['issue-3.txt']],
    ]);
    expect(pullsOf(repository.github)).toEqual([`#4 ${branch}→main open "Sprint: Sprint 1"`]);
    expect(repository.github.state().pulls[0]?.body).not.toContain('Failed');
    expect(viewOfIssue(repository.github, 2)).toEqual({ labels: ['locus:done'], comments: [failed, complete] });
    expect(viewOfIssue(repository.github, 3)).toEqual({ labels: ['locus:done'], comments: [complete] });
    expect(await repository.worktrees()).toEqual([]);
  });
});

test('half-made files of a failed task do not get into a later commit', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
  seeded(repository, 'fail-first 0\nwrite seen.txt');
  repository.github.seed({
    issues: [
      {
        title: 'Four',
        milestone: 'Sprint 1',
        body: 'write first-try.txt\ncommit wip: half\nfail-once no\nwrite four.txt',
      },
    ],
  });
  expect(await repository.run(['run'])).toMatchObject({ code: 3 });
  // The second try writes the first file anew; that it is in one commit with the other shows that the first commit is gone.
  expect(await repository.run(['run', '--resume'])).toMatchObject({ code: 0 });
  const commits = await repository.commits(branch);
  expect(commits.map(({ subject }) => subject)).toEqual([
    'feat: One (#1)',
    'feat: Two (#2)',
    'feat: Three (#3)',
    'wip: half',
    'feat: Four (#4)',
  ]);
});

test('--fresh ends a halted run and starts anew; finished work stays', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
  seeded(repository, 'fail-once the tests are red\nwrite two.txt');
  expect(await repository.run(['run'])).toMatchObject({ code: 3 });
  const { code, stdout } = await repository.run(['run', '--fresh']);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('finished: 2 of 2 tasks done, pull request #4'),
  });
  expect(await repository.agentStarts()).toEqual([1, 2, 2, 3]);
  expect((await repository.commits(branch)).map(({ issue }) => issue)).toEqual(['1', '2', '3']);
  const body = repository.github.state().pulls[0]?.body ?? '';
  expect([...body.matchAll(/^- Closes #(\d)/gm)].map(([, number]) => number)).toEqual(['1', '2', '3']);
});

test('a sprint that does not stop on failure goes on, ends with 1, and lists the failed one apart', async () => {
  const repository = await makeRepository(world, {
    config: { agent: { maxAttempts: 2 }, sprint: { stopOnFailure: false } },
  });
  seeded(repository, 'write half-made.txt\nfail-first 2 the tests are red\nwrite two.txt');
  const { code, stdout } = await repository.run(['run']);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('finished: 2 of 3 tasks done, 1 failed, pull request #4'),
  });
  expect(await repository.agentStarts()).toEqual([1, 2, 2, 3]);
  expect((await repository.commits(branch)).map(({ files }) => files)).toEqual([['issue-1.txt'], ['issue-3.txt']]);
  expect(repository.github.state().pulls[0]?.body).toMatch(
    /^- Closes #1: One\n- Closes #3: Three\n\n### Failed\n\n- #2: Two — command ended with exit code 1: the tests are red\n/,
  );
  expect(viewOfIssue(repository.github, 2)).toEqual({ labels: ['locus:failed'], comments: [failed] });

  const again = await repository.run(['run', '--resume']);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('finished: 1 of 1 task done, pull request #4'),
  });
  expect((await repository.agentStarts()).slice(4)).toEqual([2]);
  expect(pullsOf(repository.github)).toHaveLength(1);
  const body = repository.github.state().pulls[0]?.body ?? '';
  expect([...body.matchAll(/^- Closes #(\d)/gm)].map(([, number]) => number).sort()).toEqual(['1', '2', '3']);
  expect(body).not.toContain('Failed');
  expect(viewOfIssue(repository.github, 2)).toEqual({ labels: ['locus:done'], comments: [failed, complete] });
  expect(await repository.worktrees()).toEqual([]);
});
