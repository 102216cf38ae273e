import { access } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keeperOf, kill } from '../faults-support/keeper.ts';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.locus(['up'], { cwd: world.folder });
});

afterAll(() => world.end(), 60_000);

/** Kills the worker, and waits until its keeper has started another. */
async function killWorker(): Promise<void> {
  const { worker } = await keeperOf(world);
  kill(worker?.pid);
  await until('another worker is there', async () => {
    const now = (await keeperOf(world)).worker;
    return now && now.pid !== worker?.pid;
  });
}

/** The same as if nothing had happened: each role once, one push, one draft. */
async function expectWhole(repository: GatedRepository): Promise<void> {
  expect((await repository.inState('JACKED_OUT')).run).toMatchObject({
    cycles: { current: 1 },
    metrics: { commits: 1, files_changed: 1 },
    completion: { pushed: true, pr_created: true },
  });
  expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  expect((await repository.commits('feature/issue-1')).map(({ subject }) => subject)).toEqual([
    'feat: Add a cart (#1)',
  ]);
  expect(repository.github.state().pulls).toMatchObject([{ title: 'Run Mode: issue-1 implementation', draft: true }]);
}

async function started(script: Script, config: Record<string, unknown> = {}): Promise<GatedRepository> {
  const repository = await makeGated(world, script, { config });
  expect(await repository.run(['run', '1', '--gated', '--detach'])).toMatchObject({ code: 0 });
  return repository;
}

describe('a worker that is killed changes nothing in what comes of a gated run', () => {
  test.each(['implementer', 'reviewer', 'auditor'])(
    'while the %s works: it goes on, and is not started again',
    async (role) => {
      const repository = await started({ [role]: [{ gate: 'go' }] });
      await repository.called(role);
      await killWorker();
      await repository.openGate('go');
      await expectWhole(repository);
    },
    90_000,
  );

  test('in INIT, while the branch is made ready', async () => {
    const mark = path.join(world.folder, 'set-up');
    const setup = ['sh', '-c', `echo once >> ${mark}; sleep 3`];
    const repository = await started({}, { workspace: { setup } });
    await until(
      'it is being set up',
      () =>
        access(mark).then(
          () => true,
          () => false,
        ),
      30,
    );
    expect((await repository.status()).run.phase).toBe('INIT');
    await killWorker();
    await expectWhole(repository);
  }, 90_000);

  test('while it pushes, and while it opens the draft', async () => {
    const repository = await makeGated(world, {}, { config: { run_mode: { git: { auto_push: 'prompt' } } } });
    await repository.run(['run', '1', '--gated', '--detach']);
    await until('it asks', async () => (await repository.status()).question, 30);
    await repository.run(['answer', repository.gated, 'push']);
    await killWorker();
    await expectWhole(repository);
  }, 90_000);

  test('C49: while it asks: the question stands, once, and its answer is taken', async () => {
    const repository = await started({}, { run_mode: { git: { auto_push: 'prompt' } } });
    await until('it asks', async () => (await repository.status()).question, 30);
    await killWorker();
    const asked = await until('the other worker answers', async () => (await repository.status()).question, 30);
    expect(asked).toMatchObject({ number: 1, answers: ['push', 'keep'] });
    expect(await repository.remoteBranches()).toEqual(['main']);
    expect(await repository.run(['answer', repository.gated, 'push'])).toMatchObject({ code: 0 });
    await expectWhole(repository);
    expect(await repository.run(['answer', repository.gated, 'push'])).toMatchObject({ code: 2 });
  }, 90_000);
});
