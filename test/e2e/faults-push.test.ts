import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sprintOf } from '../faults-support/keeper.ts';
import { issueOf, labelsOf, pullsOf } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** The remote takes nothing until the returned function is called. */
async function refusePushes(repository: GitHubRepository): Promise<() => Promise<void>> {
  const hook = path.join(repository.remote, 'hooks', 'pre-receive');
  await mkdir(path.dirname(hook), { recursive: true });
  await writeFile(hook, '#!/bin/sh\necho "closed for today" >&2\nexit 1\n', { mode: 0o755 });
  return () => rm(hook);
}

function refusePulls(repository: GitHubRepository): () => void {
  repository.github.faults.push({ method: 'POST', path: '/pulls', kind: 'status', status: 422, times: 1000 });
  return () => {
    repository.github.faults.length = 0;
  };
}

describe('Fault 2: a failed push or pull request neither deletes finished commits nor says done', () => {
  test('a sprint halts at a refused push, and pushes the same commit when it is resumed: no agent is paid again', async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['', '']);
    const allow = await refusePushes(repository);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('closed for today'),
    });
    const commit = await repository.git('rev-parse', 'locus/sprint-s');
    expect(await repository.git('log', '--format=%s', 'main..locus/sprint-s')).toBe('feat: Task 1 (#1)');
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:failed']);
    await allow();
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect((await repository.commits('locus/sprint-s'))[0]?.sha).toBe(commit);
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:done']);
  }, 120_000);

  test('a single issue fails at a refused push, and pushes the same commit when it is resumed', async () => {
    const repository = await makeRepository(world);
    repository.github.seed({ issues: [{ title: 'One' }] });
    const allow = await refusePushes(repository);
    expect(await repository.run(['run', '1'])).toMatchObject({ code: 1 });
    const commit = await repository.git('rev-parse', 'locus/issue-1');
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:failed']);
    await allow();
    expect(await repository.run(['run', '1', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1]);
    expect((await repository.commits('locus/issue-1')).map(({ sha }) => sha)).toEqual([commit]);
    expect(pullsOf(repository.github)).toEqual(['#2 locus/issue-1→main open "One (#1)"']);
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:done']);
  }, 120_000);

  test('a single issue whose pull request is refused is not done; resumed, it only opens the pull request', async () => {
    const repository = await makeRepository(world);
    repository.github.seed({ issues: [{ title: 'One' }] });
    const allow = refusePulls(repository);
    expect(await repository.run(['run', '1'])).toMatchObject({ code: 1 });
    expect(await repository.commits('locus/issue-1')).toHaveLength(1);
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:failed']);
    allow();
    expect(await repository.run(['run', '1', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1]);
    expect(pullsOf(repository.github)).toEqual(['#2 locus/issue-1→main open "One (#1)"']);
    expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:done']);
  }, 120_000);

  test('a sprint whose pull request is refused halts; resumed, it only opens the pull request', async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['', '']);
    const allow = refusePulls(repository);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/halted/),
    });
    expect(await repository.commits('locus/sprint-s')).toHaveLength(2);
    allow();
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect(pullsOf(repository.github)).toEqual(['#3 locus/sprint-s→main open "Sprint: S"']);
  }, 120_000);
});

describe('Fault 3: nothing is ever pushed to the base branch', () => {
  test("a sprint's issue that is run alone goes to the sprint's branch", async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['', '']);
    const base = await repository.gitRemote('rev-parse', 'main');
    expect(await repository.run(['run', '2'])).toMatchObject({ code: 0 });
    expect(await repository.gitRemote('rev-parse', 'main')).toBe(base);
    expect((await repository.remoteBranches()).sort()).toEqual(['locus/sprint-s', 'main']);
    expect(pullsOf(repository.github)).toEqual(['#3 locus/sprint-s→main open "Sprint: S"']);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([2, 1]);
    expect(await repository.gitRemote('rev-parse', 'main')).toBe(base);
    expect(repository.github.state().pulls.map(({ body }) => body?.match(/Closes #\d/g)?.sort())).toEqual([
      ['Closes #1', 'Closes #2'],
    ]);
  }, 120_000);

  test('a parallel run that is resumed pushes each issue to its own branch, and runs only what failed', async () => {
    const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
    repository.github.seed({ issues: [{ title: 'One' }, { title: 'Two', body: 'fail-once\nwrite two.txt' }] });
    const base = await repository.gitRemote('rev-parse', 'main');
    expect(await repository.run(['run', '1', '2'])).toMatchObject({ code: 1 });
    expect(await repository.run(['run', '1', '2', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.gitRemote('rev-parse', 'main')).toBe(base);
    expect((await repository.remoteBranches()).sort()).toEqual(['locus/issue-1', 'locus/issue-2', 'main']);
    expect((await repository.agentStarts()).sort()).toEqual([1, 2, 2]);
    expect(repository.github.state().pulls).toHaveLength(2);
  }, 120_000);
});

describe('Fault 4: a task that fails again is not retried without end', () => {
  test('each resume tries it `agent.maxAttempts` times, and its one comment is updated', async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['fail no idea', '']);
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 3 });
    expect(await repository.agentStarts()).toEqual([1, 1]);
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 3 });
    expect(await repository.agentStarts()).toEqual([1, 1, 1, 1]);
    const { comments, labels } = issueOf(repository.github, 1);
    expect({ comments: comments.length, labels: labelsOf({ labels }) }).toEqual({
      comments: 1,
      labels: ['locus:failed'],
    });
  }, 120_000);
});
