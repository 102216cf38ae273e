import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Shown } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const limit = 8 * 3600;

/** What `locus status --json` says to somebody whose clock is so many minutes ahead. */
async function statusAfter(repository: GatedRepository, minutes: number): Promise<Shown> {
  const ahead = `const { now } = Date; Date.now = () => now() + ${minutes * 60_000};`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}` };
  const { code, stdout, stderr } = await repository.run(['status', '--json', repository.gated], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Shown;
}

test('C113: 90 minutes after its start 5400 seconds are over and 23400 are left; while it is halted none pass', async () => {
  const repository = await makeGated(world, { implementer: [{ gate: 'never' }, {}] });
  const before = Date.now();
  await repository.run(['run', '1', '--gated', '--detach']);
  await repository.called('implementer');
  const { run, circuit_breaker, computed } = await statusAfter(repository, 90);
  expect(run).toMatchObject({ state: 'RUNNING', options: { timeout_hours: 8 } });
  expect(circuit_breaker.triggers.timeout).toMatchObject({ started: run.timestamps.started, limit_hours: 8 });
  const waited = (Date.now() - before) / 1000;
  expect(computed.runtime_seconds).toBeGreaterThanOrEqual(5400);
  expect(computed.runtime_seconds).toBeLessThanOrEqual(5400 + waited);
  expect(Math.abs(computed.runtime_seconds + computed.timeout_remaining_seconds - limit)).toBeLessThanOrEqual(1);

  await repository.run(['halt', repository.gated, '--force']);
  const halted = await repository.inState('HALTED');
  expect((await statusAfter(repository, 90)).computed).toEqual(halted.computed);
}, 90_000);
