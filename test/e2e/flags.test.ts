import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { makeRepository, type TestRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const milestone = 'Sprint 1';
const three = {
  issues: [
    { title: 'One', milestone, labels: ['order:7'] },
    { title: 'Two', milestone },
    { title: 'Three', milestone, comments: ['Mind the gap'] },
  ],
};

describe('--dry-run', () => {
  test('prints the plan of each task and changes nothing anywhere, nor starts a keeper', async () => {
    const repository = await makeRepository(world);
    repository.github.seed(three);
    const state = path.join(world.folder, 'dry-state');
    const before = await everything(repository);
    const { code, stdout, stderr } = await repository.run(['run', '--dry-run'], { LOCUS_STATE_DIR: state });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const plan =
      /#1 One\n {2}Order: 7\n {2}Provider: command \/ default\n {2}Prompt length: \d+ chars\n {2}Working directory: (.*)\n {2}Branch: locus\/sprint-sprint-1\n {2}Sandbox: none/;
    expect(plan.exec(stdout)?.[1]).toBe(path.join(repository.root, '.locus/worktrees/sprint-sprint-1'));
    expect([...stdout.matchAll(/^#(\d) (\w+)$/gm)].map(([, number, title]) => [number, title])).toEqual([
      ['1', 'One'],
      ['2', 'Two'],
      ['3', 'Three'],
    ]);
    expect(await everything(repository)).toEqual(before);
    expect(writesOf(repository.github)).toEqual([]);
    expect(await repository.agentStarts()).toEqual([]);
    expect(await readdir(state).catch(() => [])).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/keeper|temporal|attempts/)]),
    );
  });

  test('with --resume runs no agent and leaves the halted run resumable', async () => {
    const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
    repository.github.seed({ issues: [{ title: 'One', milestone, body: 'fail-once no\nwrite one.txt' }] });
    expect(await repository.run(['run'])).toMatchObject({ code: 3 });
    const before = await everything(repository);
    const calls = repository.github.log.length;
    expect(await repository.run(['run', '--resume', '--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('#1 One'),
    });
    expect(await everything(repository)).toEqual(before);
    expect(writesOf(repository.github, calls)).toEqual([]);
    expect(await repository.agentStarts()).toEqual([1]);
    expect(await repository.run(['run', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 1]);
  });

  test.each([
    ['opus', 'claude'],
    ['gpt-5', 'codex'],
    ['something', 'command'],
  ])('--model %s is run by %s', async (model, provider) => {
    const repository = await dryRepository();
    const { stdout, stderr } = await repository.run(['run', '--dry-run', '-m', model], { PATH: await withAgents() });
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringContaining(`Provider: ${provider} / ${model}`),
      stderr: '',
    });
  });
});

describe('what was typed wrong', () => {
  test.each([
    [['run', '--sandbox=bogus'], '--sandbox takes "require"'],
    [['run', '--bogus'], "unknown option '--bogus'"],
    [['run', 'abc'], '"abc" is not an issue number'],
    [['run', '--detach', '--wait'], '--detach and --wait cannot be used together'],
    [['run', '--resume', '--fresh'], '--resume and --fresh cannot be used together'],
  ])('%j is a usage error', async (args, says) => {
    const repository = await dryRepository();
    const before = repository.github.log.length;
    const { code, stdout, stderr } = await repository.run(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(says) });
    expect(repository.github.log.length).toBe(before);
  });
});

test('--detach returns at once; a later run attaches to it and sees it to its end', async () => {
  const repository = await makeRepository(world);
  repository.github.seed({ issues: [{ title: 'One', milestone, body: 'gate go\nwrite one.txt' }] });
  const { code, stdout } = await repository.run(['run', '--detach']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('goes on in the background') });
  const attached = repository.start(['run']);
  await until('it shows the task', () => attached.stdout().includes('▶ #1 One'));
  expect(attached.stdout()).toContain('goes on already: showing that run');
  await repository.openGate('go');
  expect(await attached.ended).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('finished: 1 of 1 task done, pull request #2'),
  });
  expect(await repository.agentStarts()).toEqual([1]);
});

test('two runs started at the same moment are one run: each task once, both end well', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed(three);
  const both = await Promise.all([repository.run(['run']), repository.run(['run'])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  for (const { stdout } of both) expect(stdout).toContain('finished: 3 of 3 tasks done, pull request #4');
  expect(await repository.agentStarts()).toEqual([1, 2, 3]);
  expect((await repository.commits('locus/sprint-sprint-1')).map(({ issue }) => issue)).toEqual(['1', '2', '3']);
  expect(pullsOf(github)).toEqual(['#4 locus/sprint-sprint-1→main open "Sprint: Sprint 1"']);
  expect(viewOfIssue(github, 2)).toEqual({ labels: ['locus:done'], comments: ['🤖 **Locus execution complete**'] });
});

test('--resume with nothing to resume is refused before anything starts', async () => {
  const repository = await makeRepository(world);
  repository.github.seed(three);
  expect(await repository.run(['run', '--resume'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no run to resume'),
  });
  expect(await repository.agentStarts()).toEqual([]);
  expect(writesOf(repository.github)).toEqual([]);
});

/** Everything of a repository that a run could change. */
async function everything(repository: TestRepository) {
  const { git, gitRemote, root } = repository;
  return {
    refs: await git('for-each-ref'),
    remote: await gitRemote('for-each-ref'),
    head: await git('symbolic-ref', 'HEAD'),
    status: await git('status', '--porcelain', '--ignored'),
    gitFolder: (await readdir(path.join(root, '.git'))).sort(),
    config: await git('config', '--local', '--list'),
    worktrees: await git('worktree', 'list', '--porcelain'),
  };
}

let shared: ReturnType<typeof makeRepository> | null = null;
function dryRepository(): ReturnType<typeof makeRepository> {
  shared ??= makeRepository(world).then((repository) => {
    repository.github.seed(three);
    return repository;
  });
  return shared;
}

/** A PATH on which both agents' programs are found; a dry run never starts one. */
async function withAgents(): Promise<string> {
  const folder = path.join(world.folder, 'agents');
  if (!existsSync(folder)) {
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(folder);
    for (const name of ['claude', 'codex'])
      await writeFile(path.join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }
  return `${folder}:${world.env.PATH}`;
}
