import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import type { RunInput } from '../../src/domain/run.ts';
import { halt, hostQueue, hostsQueue, resume, stop } from '../../src/workflows/messages.ts';
import { createWorker } from '../support/temporal.ts';
import { inputOf } from './input.ts';
import { type Calls, done, finished, isHalted, openStage, type Stage, scripted, start, until } from './support.ts';

const calls: Calls = [];
let stage: Stage;
let close: () => Promise<void>;
/** Who takes the next claim; the last one takes all that follow. */
let claims: (() => string | Promise<string>)[] = [];

beforeAll(async () => {
  const opened = await openStage({}, calls);
  stage = opened.stage;
  const claiming = await createWorker(
    stage.env,
    { claimWorkspace: async () => ({ hostId: await (claims.length > 1 ? claims.shift() : claims[0])?.() }) },
    { taskQueue: hostsQueue },
  );
  const running = claiming.run();
  close = async () => {
    claiming.shutdown();
    await running;
    await opened.close();
  };
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  claims = [() => stage.hostId];
});

const remote: Partial<RunInput> = { source: { kind: 'remote', url: 'https://tracker.test/test/test.git' } };
/** A host that takes no step for 1.2 s is lost. */
const agent = { hostLostMinutes: 0.02 };
const begin = (issues: number[]) => start(stage, inputOf(stage, { issues, agent, input: remote }));
const gone = () => `gone-${randomUUID().slice(0, 8)}`;

test('a task whose host is lost before it has begun goes on at the next one, without a person', async () => {
  const lost = gone();
  claims.unshift(() => lost);
  const state = await finished(await begin([1, 2]));
  expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done']);
  expect(state.warnings).toEqual([`#1: the host ${lost} was lost; it goes on from the last push`]);
  expect(calls.filter((call) => /^(prepare|agent)/.test(call))).toEqual([
    'prepare 1',
    'agent 1',
    'prepare 2',
    'agent 2',
  ]);
});

/** A host that is cut off once its agent has told what it costs. */
async function shortLived() {
  const hostId = gone();
  const activities = scripted(
    {
      agent() {
        Context.current().heartbeat({ issue: 1, activity: null, costUsd: 0.25 });
        host.shutdown();
        throw new Error('the power is cut');
      },
    },
    calls,
  );
  const host = await createWorker(stage.env, activities, { taskQueue: hostQueue(hostId) });
  const running = host.run();
  claims.unshift(() => hostId);
  return { running };
}

test('a task whose host is lost while its agent works begins anew at the next one: its session was only there, its cost counts', async () => {
  const { running } = await shortLived();
  const state = await finished(await begin([1]));
  await running;
  expect(state.tasks[0]).toMatchObject({ status: 'done', session: null, costUsd: 0.25 });
  expect(calls.filter((call) => /^(prepare|agent)/.test(call))).toEqual([
    'prepare 1',
    'agent 1',
    'prepare 1',
    'agent 1',
  ]);
});

test.each([halt, stop])(
  'a run whose host is lost hears of a $name while it waits for another one',
  async (signal) => {
    let isFree = false;
    claims = [
      () => {
        if (!isFree) throw new Error('nobody is free');
        return stage.hostId;
      },
    ];
    const { running } = await shortLived();
    const handle = await begin([1]);
    await until(handle, ({ hostId, tasks }) => tasks[0]?.attempts === 1 && hostId === null, 20_000);
    await running;
    await handle.signal(signal, { reason: 'enough' });
    await until(handle, ({ status }) => status === (signal === halt ? 'halted' : 'stopped'), 5_000);
    isFree = true;
    if (signal === halt) {
      await handle.signal(resume);
      expect((await finished(handle)).tasks[0]?.status).toBe('done');
    }
  },
  40_000,
);

test('a step goes on where the same host is back, and the task does not begin anew', async () => {
  const hostId = gone();
  const host = await createWorker(stage.env, scripted({ agent: () => done }, calls), { taskQueue: hostQueue(hostId) });
  let running: Promise<void> = Promise.resolve();
  claims = [
    () => hostId,
    () => {
      running = host.run();
      return hostId;
    },
    () => hostId,
  ];
  const state = await finished(await begin([1]));
  host.shutdown();
  await running;
  expect(state.warnings).toEqual([]);
  expect(calls.filter((call) => /^(prepare|agent)/.test(call))).toEqual(['prepare 1', 'agent 1']);
});

test('a task that loses five hosts fails, and waits for a person', async () => {
  claims = [gone];
  const handle = await begin([1]);
  const state = await until(handle, isHalted, 30_000);
  expect(state.halt?.failure).toMatchObject({ type: 'HostLost', message: '5 hosts were lost' });
  expect(calls).not.toContain('agent 1');
  claims = [() => stage.hostId];
  await handle.signal(stop, { reason: 'enough' });
  expect((await finished(handle)).status).toBe('stopped');
}, 40_000);
