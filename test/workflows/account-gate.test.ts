import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { acquire, giveBack } from '../../src/workflows/messages.ts';
import { connect, createWorker } from '../support/temporal.ts';

const hour = 3_600_000;
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  env = await connect();
  worker = await createWorker(env, {});
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});

async function openGate() {
  const handle = await env.client.workflow.start('accountGate', {
    workflowId: `gate-${Math.random()}`,
    taskQueue: worker.options.taskQueue,
    args: [],
  });
  const ask = async (attemptId: string, perHour: number) => {
    const [answer] = await handle.executeUpdate(acquire, { args: [[{ attemptId, runId: 'nobody', perHour }]] });
    return answer!;
  };
  return { handle, ask };
}

describe('the account gate', () => {
  test('lets as many agents start in an hour as the limit says, and tells the next one when', async () => {
    const { handle, ask } = await openGate();
    const before = Date.now();
    const [first, second] = [await ask('a', 2), await ask('b', 2)];
    const third = await ask('c', 2);
    expect(first.at).toBeLessThan(Date.now() + 5000);
    expect(second.at).toBeLessThan(Date.now() + 5000);
    expect(third.at).toBeGreaterThanOrEqual(before + hour - 5000);
    expect(third.at).toBe(first.at + hour);
    await handle.terminate();
  });

  test('answers the same to the same attempt, and counts it once', async () => {
    const { handle, ask } = await openGate();
    const first = await ask('a', 2);
    expect(await ask('a', 2)).toEqual(first);
    expect((await ask('b', 2)).at).toBeLessThan(Date.now() + 5000);
    await handle.terminate();
  });

  test('a permit that is given back goes to the next one', async () => {
    const { handle, ask } = await openGate();
    const first = await ask('a', 1);
    await ask('b', 1);
    await handle.signal(giveBack, { attemptId: 'b' });
    expect((await ask('c', 1)).at).toBe(first.at + hour);
    await handle.terminate();
  });
});
