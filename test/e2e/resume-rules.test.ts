import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { makeLocalRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

test('a halted run in the person’s own checkout is not resumed over what they changed meanwhile', async () => {
  const config = { sprint: { workspace: 'root', active: 'S' }, agent: { maxAttempts: 1 } };
  const repository = await makeLocalRepository(world, { config });
  await repository.run(['sprint', 'add', 'S']);
  const body = 'fail-once no luck\nwrite one.txt';
  await repository.run(['issue', 'add', '--title', 'One', '--sprint', 'S', '--body', body]);
  expect(await repository.run(['run'])).toMatchObject({ code: 3 });

  const mine = path.join(repository.root, 'mine.txt');
  await writeFile(mine, 'my own\n');
  for (const command of [['run', '--resume'], ['resume']]) {
    expect(await repository.run(command)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${repository.root} has changes that are not committed`),
    });
  }
  expect(await readFile(mine, 'utf8')).toBe('my own\n');
  expect(await repository.run(['status'])).toMatchObject({ stdout: expect.stringContaining('halted') });

  await rm(mine);
  expect(await repository.run(['resume'])).toMatchObject({ code: 0 });
  await until('the run has ended', async () =>
    (await repository.run(['status'])).stdout.includes('no run in progress'),
  );
  expect(await repository.agentStarts()).toEqual([1, 1]);
});

test('--resume of a parallel run leaves out what another run holds, or has done meanwhile', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
  const body = 'fail-once no luck\ngate go\nwrite two.txt';
  repository.github.seed({ issues: [{ title: 'One' }, { title: 'Two', body }] });
  expect(await repository.run(['run', '1', '2'])).toMatchObject({ code: 1 });

  const alone = repository.start(['run', '2']);
  await until('issue 2 is worked on alone', async () => (await repository.agentStarts()).length === 3);
  expect(await repository.run(['run', '1', '2', '--resume'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`issue #2 is held by the run locus/acme/${repository.github.repo}/issue/2`),
  });
  await repository.openGate('go');
  expect(await alone.ended).toMatchObject({ code: 0 });
  expect(await repository.run(['run', '1', '2', '--resume'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the last run left nothing that is still to be done'),
  });
  expect(await repository.agentStarts()).toHaveLength(3);
});
