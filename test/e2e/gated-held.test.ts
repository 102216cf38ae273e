import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

test('what a gated run works on is held: a plain run, its sprint and a bug of it are refused until it ends', async () => {
  const repository = await makeGated(world, { implementer: [{ gate: 'go' }, { gate: 'go' }] });
  repository.github.seed({ issues: [{ title: 'In a sprint', milestone: 'Sprint A' }] });
  const held = (issue: number) => ({
    code: 2,
    stderr: expect.stringContaining(`issue #${issue} is held by the run ${repository.gated}`),
  });
  await repository.run(['run', '2', '--gated', '--detach']);
  await repository.called('implementer');
  expect(await repository.run(['run', '--sprint', 'Sprint A'])).toMatchObject(held(2));
  for (const dry of [[], ['--dry-run']]) {
    expect(await repository.run(['run', '--bug', '--from-issue', '2', ...dry])).toMatchObject(held(2));
  }
  await repository.run(['stop', repository.gated]);

  await repository.run(['run', '1', '--gated', '--detach']);
  await repository.called('implementer', 2);
  const plain = await repository.run(['run', '1']);
  expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining(`is held by the run ${repository.gated}`) });
  expect(await repository.calls()).toHaveLength(2);
  await repository.openGate('go');
  await repository.inState('JACKED_OUT');
  const nothing = await repository.run(['run', '1', '--resume']);
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no run to resume') });
}, 90_000);

test('a gated run is refused an issue that a plain one works on, and no other', async () => {
  const repository = await makeGated(world, { implementer: [{ gate: 'go' }, {}] });
  repository.github.seed({ issues: [{ title: 'Another' }] });
  await repository.run(['run', '1', '--detach']);
  await until('an agent works', async () => (await repository.calls())[0]);
  const held = `issue #1 is held by the run locus/acme/${repository.github.repo}/issue/1`;
  for (const dry of [[], ['--dry-run']]) {
    expect(await repository.run(['run', '1', '--gated', ...dry])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(held),
    });
  }
  expect((await repository.run(['run', '2', '--gated'])).code).toBe(0);
  await repository.openGate('go');
}, 90_000);
