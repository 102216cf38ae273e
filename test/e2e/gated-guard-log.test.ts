import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/connect.ts';
import { startedWith, startRun } from '../../src/client/runs.ts';
import { resolveTemporal } from '../../src/server/connection.ts';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** The plan that has just run, started again on a branch and with a push mode that no command starts it with. */
async function startedAround(repository: GatedRepository, branch: string): Promise<void> {
  const { client, close } = await connect(
    await resolveTemporal({ stateDir: world.stateDir, start: false, onProgress: () => {} }),
  );
  try {
    const input = await startedWith(client, repository.gated);
    if (!input?.plan) throw new Error('there is no plan');
    const { plan, tasks } = input;
    const options = { ...plan.options, local_mode: false, push_mode: 'AUTO' } as const;
    const again = tasks.map((task) => ({ ...task, branch }));
    expect(await startRun(client, { ...input, branch, tasks: again, plan: { ...plan, options } })).toBe(true);
  } finally {
    await close();
  }
}

test('A4: a push to a protected branch halts the run, whoever started it, and stands in its guard.log', async () => {
  const repository = await makeGated(world, {});
  const args = ['run', 'sprint-plan', '--to', '1', '--no-consolidate', '--local', '--branch', 'shared'];
  expect(await repository.run(args)).toMatchObject({ code: 0 });
  // `release` may be pushed to; the branch of its first sprint, `release-sprint-1`, may not.
  await startedAround(repository, 'release');
  const { plan, ...shown } = await until('the plan halts', async () => {
    const now = await repository.status();
    return now.status === 'halted' ? now : null;
  });
  expect(plan.state).toBe('HALTED');
  expect(JSON.stringify(shown)).toContain('the branch is protected; a person must do this');
  const log = path.join(world.stateDir, 'runs', plan.plan_id, 'guard.log');
  expect(
    (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { timestamp: expect.any(String), event: 'guard_block', operation: 'push', target: 'refs/heads/release-sprint-1' },
  ]);
  expect(await repository.remoteBranches()).toEqual(['main']);
  expect(repository.github.state().pulls).toEqual([]);
}, 90_000);
