import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keeperOf } from '../faults-support/keeper.ts';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

test('C122: of a plan that no worker answers for, status tells what its commits say, and changes nothing', async () => {
  const repository = await makeGated(world, { implementer: [{}, { gate: 'never' }] });
  const running = repository.start(['run', 'sprint-plan', '--branch', 'feature/plan', '--detach']);
  await repository.called('implementer', 2);
  await running.ended;
  const pid = (await keeperOf(world)).worker?.pid;
  if (pid === undefined) throw new Error('there is no worker');
  process.kill(pid, 'SIGSTOP');
  try {
    const look = async () => JSON.parse((await repository.run(['status', '--json', repository.gated])).stdout);
    const half = {
      git_inferred: false,
      complete: false,
      reason: 'still_running',
      found: 1,
      expected: 2,
      timestamp: null,
    };
    // Once the worker that holds the workflow is found to be gone.
    expect((await until('nobody answers', async () => ((await look()).plan_sync ? look() : null))).plan_sync).toEqual(
      half,
    );
    const text = await repository.run(['status', repository.gated]);
    expect(text.stdout).toContain('its branch has a commit of 1 of its 2 sprints: still running');

    const tip = await repository.git(
      'commit-tree',
      '-p',
      'feature/plan',
      '-m',
      'feat(sprint-2): x',
      'feature/plan^{tree}',
    );
    await repository.git('update-ref', 'refs/heads/feature/plan', tip.trim());
    const refs = await repository.git('for-each-ref');
    expect(await look()).toMatchObject({
      plan_sync: { git_inferred: true, reason: 'git_inferred_completion', found: 2, expected: 2 },
    });
    const inferred = await repository.run(['status', repository.gated]);
    expect(inferred.stdout).toContain('a commit of 2 of its 2 sprints: inferred complete from git at 2');
    expect(await repository.git('for-each-ref')).toBe(refs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // Who answers for itself is believed.
  const shown = await until('the worker answers', async () =>
    (await repository.status()).plan ? repository.status() : null,
  );
  expect(shown).not.toHaveProperty('plan_sync');
  expect(shown.plan).toMatchObject({ state: 'RUNNING', sprints: { completed: 1 } });
  await repository.run(['stop', repository.gated]);
}, 120_000);
