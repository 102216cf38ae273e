import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

test('A4: a push to a protected branch halts the run, and stands in its guard.log', async () => {
  const repository = await makeGated(world, {});
  // `release` may be pushed to; the branch of its first sprint, `release-sprint-1`, may not.
  const args = ['run', 'sprint-plan', '--to', '1', '--no-consolidate', '--branch', 'release'];
  const ended = await repository.run(args);
  expect(ended).toMatchObject({ code: 3, stdout: expect.stringContaining('the branch is protected') });
  const { plan } = await repository.status();
  expect(plan.state).toBe('HALTED');
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
