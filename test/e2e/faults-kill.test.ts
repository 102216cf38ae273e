import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { keeperOf, kill, sprintOf } from '../faults-support/keeper.ts';
import { labelsOf } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
let repository: GitHubRepository;

beforeAll(async () => {
  world = await openWorld();
});

afterEach(() => world.locus(['down', '--agents'], { cwd: world.folder }), 30_000);
afterAll(() => world.end(), 60_000);

/** A sprint of three, whose second agent has written half of its work and now waits. */
async function atHalfOfTheSecond() {
  repository = await makeRepository(world);
  sprintOf(repository, [
    'write one.txt',
    'append two.txt first half\ngate go\nappend two.txt second half',
    'write three.txt',
  ]);
  const cli = repository.start(['run', '--sprint', 'S']);
  const agent = await until('the second agent works', async () =>
    (await repository.agentLog()).find((note) => note.event === 'start' && note.issue === 2),
  );
  await until('it has written half', () => repository.git('-C', agent.cwd, 'hash-object', 'two.txt').catch(() => ''));
  return { cli, agent };
}

/** Each task once and in order, each with one commit of its own files. */
async function expectAllDoneOnce(starts: number[]): Promise<void> {
  expect(await repository.agentStarts()).toEqual(starts);
  const commits = await repository.commits('locus/sprint-s');
  expect(commits.map(({ issue, files }) => [issue, files])).toEqual([
    ['1', ['one.txt']],
    ['2', ['two.txt']],
    ['3', ['three.txt']],
  ]);
  const { issues, pulls } = repository.github.state();
  expect(pulls).toHaveLength(1);
  for (const issue of issues)
    expect({ labels: labelsOf(issue), comments: issue.comments.length }).toEqual({
      labels: ['locus:done'],
      comments: 1,
    });
}

describe('Fault 1: the task that ran when the process was killed is run to its end, once, on the tree it had', () => {
  test('the CLI and the worker are killed: the agent goes on, and nobody starts it again', async () => {
    const { cli } = await atHalfOfTheSecond();
    const { worker } = await keeperOf(world);
    cli.process.kill('SIGKILL');
    kill(worker?.pid);
    await until('the keeper starts another worker', async () => {
      const now = (await keeperOf(world)).worker;
      return now && now.pid !== worker?.pid;
    });
    await repository.openGate('go');
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    await expectAllDoneOnce([1, 2, 3]);
    expect(await repository.gitRemote('show', 'locus/sprint-s:two.txt')).toBe('first half\nsecond half');
  }, 120_000);

  test('the worker is suspended for longer than a heartbeat may take: the agent goes on', async () => {
    const { cli } = await atHalfOfTheSecond();
    const { worker } = await keeperOf(world);
    process.kill(worker?.pid ?? 0, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    process.kill(worker?.pid ?? 0, 'SIGCONT');
    // Time for the old follower to hear that it came too late.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await repository.openGate('go');
    expect(await cli.ended).toMatchObject({ code: 0 });
    await expectAllDoneOnce([1, 2, 3]);
  }, 120_000);

  test('keeper, worker and server are killed too: after `locus up` it goes on by itself', async () => {
    const { cli } = await atHalfOfTheSecond();
    const { keeper, worker, server } = await keeperOf(world);
    cli.process.kill('SIGKILL');
    for (const each of [keeper, worker, server]) kill(each?.pid);
    await repository.openGate('go');
    expect(await repository.run(['up'])).toMatchObject({ code: 0 });
    await until('the run has ended', () => repository.github.state().pulls.length === 1, 40);
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: expect.any(Number) });
    await expectAllDoneOnce([1, 2, 3]);
  }, 90_000);

  test('a machine that went down takes the agent along: another one goes on with the tree that was there', async () => {
    const { cli, agent } = await atHalfOfTheSecond();
    const { keeper, worker, server } = await keeperOf(world);
    cli.process.kill('SIGKILL');
    for (const each of [keeper, worker, server]) kill(each?.pid);
    process.kill(-Number(await groupOf(agent.pid)), 'SIGKILL');
    await repository.openGate('go');
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    await expectAllDoneOnce([1, 2, 2, 3]);
    expect(await repository.gitRemote('show', 'locus/sprint-s:two.txt')).toBe('first half\nfirst half\nsecond half');
  }, 90_000);
});

async function groupOf(pid: number): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2] ?? '';
}
