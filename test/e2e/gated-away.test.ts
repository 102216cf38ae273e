import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const order = ['implementer 1', 'reviewer 1', 'auditor 1'];

/** A run whose tracker reads no issue any more since its implementer has begun, and who waits for it. */
async function withoutTracker(options: readonly string[] = []): Promise<GatedRepository> {
  const repository = await makeGated(world, { implementer: [{ gate: 'go' }] });
  expect(await repository.run(['run', '1', '--gated', '--detach', ...options])).toMatchObject({ code: 0 });
  await repository.called('implementer');
  const body = { message: 'Out for lunch' };
  repository.github.faults.push({
    kind: 'status',
    status: 503,
    body,
    method: 'GET',
    path: '/issues/1$',
    times: 10_000,
  });
  await repository.openGate('go');
  await until('status says what is waited for', async () => {
    const { stdout } = await repository.run(['status', repository.gated]);
    return /writePrompt waits: .*503/.test(stdout) && /Phase: +REVIEW/.test(stdout);
  });
  return repository;
}

test('A11 a tracker that does not answer: status says so, a halt does not wait, a resume goes on with the same phase', async () => {
  const repository = await withoutTracker();
  expect(await repository.run(['halt', repository.gated, '--reason', 'lunch'])).toMatchObject({ code: 0 });
  const { run } = await repository.inState('HALTED');
  expect(run).toMatchObject({ phase: 'REVIEW', halt: { reason: 'lunch' }, cycles: { current: 1 } });
  expect(await repository.order()).toEqual(order.slice(0, 1));
  repository.github.faults.length = 0;
  expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
  await repository.inState('JACKED_OUT');
  expect(await repository.order()).toEqual(order);
  expect(repository.github.state().pulls).toMatchObject([{ draft: true, title: 'Run Mode: issue-1 implementation' }]);
}, 120_000);

test('A3 a tracker that does not answer until the time is over: the breaker opens, and what was made is on the remote', async () => {
  const repository = await withoutTracker(['--timeout', '0.005']);
  const { run, circuit_breaker } = await repository.inState('HALTED');
  expect(run).toMatchObject({ phase: 'REVIEW', halt: { reason: expect.stringMatching(/^timeout: /) } });
  expect(circuit_breaker).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }] });
  expect(await repository.order()).toEqual(order.slice(0, 1));
  expect(await repository.gitRemote('log', '--format=%s', 'main..feature/issue-1')).toBe('feat: Add a cart (#1)');
  expect(repository.github.state().pulls).toMatchObject([{ draft: true, title: '[INCOMPLETE] Run Mode: issue-1' }]);
  repository.github.faults.length = 0;
  expect(await repository.run(['resume', repository.gated])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--reset-breaker'),
  });
  expect(await repository.run(['resume', repository.gated, '--reset-breaker'])).toMatchObject({ code: 0 });
  await repository.inState('JACKED_OUT');
  expect(await repository.order()).toEqual(order);
}, 120_000);
