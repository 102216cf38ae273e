import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { Gates } from '../../src/client/gate.ts';
import { accountGateId } from '../../src/domain/run-id.ts';
import { sharedQueue } from '../../src/workflows/messages.ts';
import { connect, createWorker } from '../support/temporal.ts';

const provider = 'claude';
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let gates: Gates;

beforeAll(async () => {
  env = await connect();
  worker = await createWorker(env, {}, { taskQueue: sharedQueue });
  running = worker.run();
});

beforeEach(async () => {
  gates = new Gates(env.client);
  await endGate();
});

afterAll(async () => {
  await endGate();
  worker.shutdown();
  await running;
  await env.teardown();
});

async function endGate(): Promise<void> {
  await gate()
    .terminate()
    .catch(() => {});
}

function gate() {
  return env.client.workflow.getHandle(accountGateId(provider));
}

function ask(attemptId: string) {
  return gates.reserve({ provider, attemptId, runId: `run of ${attemptId}`, perHour: 100 });
}

test('more agents than a workflow takes updates ask at once: each is answered, in few updates', async () => {
  const ids = Array.from({ length: 120 }, (_, at) => `attempt-${at}`);
  const answers = await Promise.all(ids.map(ask));
  expect(answers.filter(({ at }) => at <= Date.now() + 5000)).toHaveLength(100);
  expect(await ask('attempt-7')).toEqual(answers[7]);
  const { events } = await gate().fetchHistory();
  const updates = events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  expect(updates?.length).toBeLessThanOrEqual(3);
});

test('a usage limit that many agents meet at once is noted for each of them', async () => {
  const until = Date.now() + 60_000;
  const meet = (at: number) => gates.reportLimit({ provider, attemptId: `attempt-${at}`, runId: `run-${at}`, until });
  const told = await Promise.all(Array.from({ length: 30 }, (_, at) => meet(at)));
  expect(new Set(told.map((answer) => answer.until)).size).toBe(1);
  expect(await ask('late')).toMatchObject({ limited: true });
});

test('a gate that has ended is started again', async () => {
  const first = await ask('first');
  await endGate();
  expect((await ask('second')).at).toBeGreaterThanOrEqual(first.at);
});

test('of what cannot be asked the asker is told, and the next one is answered', async () => {
  const perHour = 1n as unknown as number;
  const refused = gates.reserve({ provider, attemptId: 'odd', runId: 'odd', perHour });
  const next = refused.catch(() => ask('next'));
  await expect(refused).rejects.toThrow();
  expect((await next).limited).toBe(false);
});
