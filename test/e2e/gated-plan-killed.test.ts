import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keeperOf, kill } from '../faults-support/keeper.ts';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const called = (repository: GatedRepository, count: number) => async () => (await repository.calls()).length >= count;

test('a worker that is killed in each phase of a plan changes nothing in its outcome', async () => {
  const held = (gate: string) => [{ gate: `${gate}-1` }, {}];
  const repository = await makeGated(world, {
    implementer: [{ gate: 'implement-1' }, { gate: 'implement-2' }],
    reviewer: held('review'),
    auditor: held('audit'),
  });
  const running = repository.start(['run', 'sprint-plan']);
  const gates = ['implement-1', 'review-1', 'audit-1', 'implement-2'];
  for (const [index, gate] of gates.entries()) {
    await until(`${gate} is called`, called(repository, index + 1), 60);
    kill((await keeperOf(world)).worker?.pid);
    await repository.openGate(gate);
  }
  expect((await running.ended).code).toBe(0);
  const calls = await repository.calls();
  expect(calls.map(({ role }) => role)).toEqual(Array(2).fill(['implementer', 'reviewer', 'auditor']).flat());
  const pulls = repository.github.state().pulls;
  expect(pulls.map(({ title }: { title: string }) => title)).toEqual(['Run Mode: Sprint Plan implementation']);
  expect((await repository.commits(pulls[0]?.head.ref ?? '')).map(({ subject }) => subject)).toEqual([
    'feat(sprint-1): The cart',
    'feat(sprint-2): The checkout',
  ]);
}, 240_000);

test('a plan that is stopped while a sprint is implemented ends its agent, and leaves nothing that runs', async () => {
  const repository = await makeGated(world, { implementer: [{ gate: 'never' }] });
  await repository.run(['run', 'sprint-plan', '--detach']);
  await until('the agent works', called(repository, 1), 60);
  const run = `locus/acme/${repository.github.repo}/gated`;
  const stopped = await repository.run(['stop', run]);
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining('is stopped') });
  expect((await repository.run(['status', '--json', `${run}/sprint-1`])).stdout).toContain('"status": "stopped"');
  expect(repository.github.state().pulls).toEqual([]);
}, 120_000);
