import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { watchRun } from '../../src/client/watch.ts';
import { halt } from '../../src/workflows/messages.ts';
import { connect, createWorker } from '../support/temporal.ts';
import { inputOf } from '../workflows/input.ts';
import { type Handle, scripted, start } from '../workflows/support.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await connect();
});
afterAll(() => env.teardown());

/** Milliseconds that each of some looks after the first one took, with the pause before it. */
async function lookTimes(handle: Handle, count: number): Promise<number[]> {
  const looks = watchRun(env.client, handle.workflowId);
  expect((await looks.next()).value).toMatchObject({ state: null, ended: false });
  const took: number[] = [];
  while (took.length < count) {
    const began = performance.now();
    await looks.next();
    took.push(performance.now() - began);
  }
  await looks.return(undefined);
  return took;
}

test('a run that no worker has had yet is looked at without asking for its state, which waits a second', async () => {
  const queue = `nobody-${randomUUID()}`;
  const handle = await start({ env, queue }, inputOf({ hostId: queue }, { issues: [1] }));
  const took = await lookTimes(handle, 4);
  await handle.terminate();
  expect(Math.min(...took)).toBeLessThan(900);
}, 60_000);

test('a small run whose worker went away is looked at again soon, though each look waits a second for it', async () => {
  const worker = await createWorker(env, scripted({}, []));
  const running = worker.run();
  const queue = worker.options.taskQueue;
  const handle = await start({ env, queue }, inputOf({ hostId: queue }, { issues: [1] }));
  for await (const { state } of watchRun(env.client, handle.workflowId)) if (state) break;
  worker.shutdown();
  await running;
  await handle.signal(halt, { reason: 'lunch' });
  const took = await lookTimes(handle, 3);
  await handle.terminate();
  expect(Math.min(...took)).toBeGreaterThan(900);
  expect(Math.min(...took)).toBeLessThan(2500);
}, 60_000);
