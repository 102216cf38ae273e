import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

test('A1: of all that is wrong at once the first is told, in the order of the specification', async () => {
  const repository = await makeGated(world, { implementer: [{ exit: 1 }] }, { config: { agent: { maxAttempts: 1 } } });
  expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
  const file = path.join(repository.root, '.locus', 'config.json');
  const config = JSON.parse(await repository.git('show', 'mine:.locus/config.json'));
  const write = (change: object) => writeFile(file, JSON.stringify({ ...config, ...change }));
  const roles = { auditor: { provider: 'codex' } };
  const told = async (text: string, env = {}) => {
    const { code, stderr } = await repository.run(['run', 'sprint-plan', '--from', '9'], env);
    expect({ code, stderr }).toMatchObject({ stderr: expect.stringContaining(text) });
    expect(code).not.toBe(0);
  };
  await repository.git('switch', '-q', 'main');
  await write({ run_mode: { enabled: false }, roles });
  await told('not enabled', { GITHUB_TOKEN: 'wrong' });
  await write({ roles });
  await told('does not accept the token', { GITHUB_TOKEN: 'wrong' });
  await told('the current branch is main');
  await repository.git('switch', '-q', 'mine');
  await told('codex was not found');
  await write({});
  await told('a gated run of this repository is in progress: it is HALTED');
  expect(await repository.run(['stop', repository.gated])).toMatchObject({ code: 0 });
  await told('no sprint');
}, 90_000);

test('a flag that would do nothing is refused in one line, and nothing is begun', async () => {
  const repository = await makeGated(world, {});
  for (const [argv, words] of [
    [['1', '--gated', '--from', '2'], '--from is for a plan'],
    [['--bug', 'it crashes', '--to', '2'], '--to is for a plan'],
    [['sprint-1', '--gated', '--no-consolidate'], '--no-consolidate is for a plan'],
    [['sprint-plan', '--probe'], '--probe goes with --resume'],
    [['1', '--gated', '--reset-breaker'], '--reset-breaker goes with --resume'],
    [['1', '--no-consolidate'], '--no-consolidate is for gated runs'],
  ] as const) {
    const { code, stderr } = await repository.run(['run', ...argv]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
  }
  expect(await repository.calls()).toEqual([]);
}, 60_000);
