import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Gates } from '../../src/client/gate.ts';
import { wakeRun } from '../../src/commands/wake.ts';
import type { PermitRequest } from '../../src/domain/permits.ts';
import { accountGateId } from '../../src/domain/run-id.ts';
import { limitMet } from '../../src/workflows/messages.ts';
import { inputOf } from '../workflows/input.ts';
import { finished, openStage, type Stage, start, until } from '../workflows/support.ts';

const provider = 'codex';
const hour = 3_600_000;
let stage: Stage;
let close: () => Promise<void>;
let asked = 0;
let gateAnswers: ((request: PermitRequest) => Promise<{ at: number; limited: boolean }>) | null = null;

beforeAll(async () => {
  const opened = await openStage(
    {
      shared: {
        async acquirePermit(request) {
          asked += 1;
          return (gateAnswers ?? ((wanted) => new Gates(stage.env.client).reserve({ ...wanted, provider })))(request);
        },
      },
    },
    [],
  );
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  asked = 0;
  gateAnswers = null;
});

async function openGate() {
  const { client } = stage.env;
  const workflowId = accountGateId(provider);
  return client.workflow.start('accountGate', { workflowId, taskQueue: stage.queue, args: [] });
}

async function startWaiting(callsPerHour: number) {
  const input = inputOf(stage, { issues: [1], agent: { callsPerHour } });
  const run = await start(stage, { ...input, settings: { ...input.settings, provider } });
  await until(run, (state) => state.waiting !== null);
  return run;
}

async function untilAsked(times: number): Promise<void> {
  for (const end = Date.now() + 20_000; asked < times; ) {
    if (Date.now() > end) throw new Error(`asked ${asked} times`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a run that only keeps its pace is woken, and nobody says that a usage limit was lifted', async () => {
  const gate = await openGate();
  await new Gates(stage.env.client).reserve({ provider, attemptId: 'another', runId: 'nobody', perHour: 1 });
  const run = await startWaiting(1);
  const before = asked;
  expect(await wakeRun(stage.env.client, run.workflowId)).toBe(
    `${run.workflowId} asks again: no usage limit of codex holds, and its pace stays (agent.callsPerHour: 1)`,
  );
  await untilAsked(before + 1);
  const { waiting } = await until(run, (state) => state.waiting !== null);
  expect(waiting?.reason).toBe('1 agent starts an hour (codex)');
  await Promise.all([run.terminate(), gate.terminate()]);
});

test('a usage limit is lifted, and the run goes on', async () => {
  const gate = await openGate();
  const until = Date.now() + hour;
  await gate.executeUpdate(limitMet, { args: [{ attemptId: 'another', runId: 'nobody', until }] });
  const run = await startWaiting(100);
  expect(await wakeRun(stage.env.client, run.workflowId)).toBe(
    `${run.workflowId} asks again: the usage limit of codex is lifted, 2 tasks were waiting`,
  );
  expect((await finished(run)).tasks[0]?.status).toBe('done');
  await gate.terminate();
});

test('a run that no gate knows any more is woken all the same', async () => {
  gateAnswers = async () => ({ at: Date.now() + hour, limited: true });
  const run = await startWaiting(100);
  gateAnswers = async () => ({ at: Date.now(), limited: false });
  expect(await wakeRun(stage.env.client, run.workflowId)).toContain('no usage limit of codex holds');
  expect((await finished(run)).tasks[0]?.status).toBe('done');
});
