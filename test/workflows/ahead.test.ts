import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { AttemptRequest, TrackerWrite } from '../../src/activities/contract.ts';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import {
  type Calls,
  doneWith,
  finished,
  isHalted,
  openStage,
  type Script,
  type Stage,
  scripted,
  start,
  until,
} from './support.ts';

const calls: Calls = [];
let script: Script = {};
let requests: AttemptRequest[] = [];
let stage: Stage;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stage, close } = await openStage(
    {
      agent: async (request, ...more) => {
        requests.push(request);
        return script.agent ? script.agent(request, ...more) : doneWith(request);
      },
      tracker: { writeTogether: (...args) => (script.tracker?.writeTogether ?? together)(...args) },
    },
    calls,
  ));
});
afterAll(() => close());
beforeEach(() => {
  calls.length = 0;
  script = {};
  requests = [];
});

const tracker = scripted({}, calls);
const together = (...args: Parameters<typeof tracker.writeTogether>) => tracker.writeTogether(...args);

const order = (...names: readonly string[]) => calls.filter((call) => names.includes(call.split(' ')[0] ?? ''));
const steps = () => order('prepare', 'agent', 'push');
const statuses = async (handle: Parameters<typeof finished>[0]) =>
  (await finished(handle)).tasks.map(({ status }) => status);

test('what the step of an agent has done beside its work is not done again', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2, 3] }));
  expect(await statuses(handle)).toEqual(['done', 'done', 'done']);
  expect(steps()).toEqual(['prepare 1', 'agent 1', 'agent 2', 'agent 3']);
  expect(requests.map(({ afterwards }) => afterwards?.next?.task.issue)).toEqual([2, 3, undefined]);
  const asked = requests.slice(0, 2).map(({ afterwards }) => afterwards?.next?.permit.attemptId);
  expect(requests.slice(1).map(({ attemptId }) => attemptId)).toEqual(asked);
  expect(new Set(requests.map(({ attemptId }) => attemptId)).size).toBe(3);
});

describe('what the tracker is told', () => {
  let told: string[][] = [];
  beforeEach(() => {
    told = [];
    const writeTogether: typeof together = (run, writes) => {
      told.push(writes.map(({ kind, change }: TrackerWrite) => `${kind} ${change.issue}`));
      return together(run, writes);
    };
    script = { tracker: { writeTogether } };
  });

  test('a task’s end and the next one’s start go in one step', async () => {
    await finished(await start(stage, inputOf(stage, { issues: [1, 2] })));
    expect(told).toEqual([['reportResult 1', 'markStarted 2']]);
    expect(order('started', 'done').sort()).toEqual(['done 1', 'done 2', 'started 1', 'started 2']);
  });

  test('what becomes due within a second of tasks that take much less goes in one step, and at the end at once', async () => {
    const issues = Array.from({ length: 15 }, (_, index) => index + 1);
    const handle = await start(stage, inputOf(stage, { issues }));
    const { startedAt, finishedAt } = await finished(handle);
    // The first ones are not held back.
    expect(told.length).toBeLessThan(((finishedAt ?? 0) - startedAt) / 1000 + 5);
    for (const issue of issues) {
      expect(order('started', 'done').filter((call) => call.endsWith(` ${issue}`))).toEqual([
        `started ${issue}`,
        `done ${issue}`,
      ]);
    }
    const events = (await handle.fetchHistory()).events ?? [];
    const agents = events.filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'runAgent',
    );
    const atTheEnd = events.slice(events.indexOf(agents.at(-1) as never));
    // One may be due just then; held back, two would be waited for.
    expect(atTheEnd.filter(({ timerFiredEventAttributes: fired }) => fired).length).toBeLessThan(2);
  });
});

test.each([
  ['is written in part', async () => [true, false]],
  ['fails', () => Promise.reject(ApplicationFailure.nonRetryable('no network', 'TrackerUnavailable'))],
])('where that step %s, the rest is written by itself, as what may be there already', async (_how, writeTogether) => {
  script = { tracker: { writeTogether } };
  const { warnings } = await finished(await start(stage, inputOf(stage, { issues: [1, 2] })));
  expect(warnings).toEqual([]);
  expect(calls).toContain('started 2');
  expect(calls).toContain('done 2');
});

test('what it could not do has steps of its own', async () => {
  script = { agent: (request) => doneWith(request, { pushed: false, next: null }) };
  expect(await statuses(await start(stage, inputOf(stage, { issues: [1, 2] })))).toEqual(['done', 'done']);
  expect(steps().sort()).toEqual([
    'agent 1',
    'agent 2',
    'prepare 1',
    'prepare 2',
    'push locus/sprint-s',
    'push locus/sprint-s',
  ]);
});

test('an issue that was closed meanwhile is skipped', async () => {
  script = { agent: (request) => doneWith(request, { next: request.task.issue === 1 ? { kind: 'closed' } : null }) };
  expect(await statuses(await start(stage, inputOf(stage, { issues: [1, 2, 3] })))).toEqual([
    'done',
    'skipped',
    'done',
  ]);
  expect(steps()).toEqual(['prepare 1', 'agent 1', 'prepare 3', 'agent 3']);
});

test('halted meanwhile, the next task is made ready anew after a resume', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  script = {
    agent: async (request) => {
      if (request.task.issue === 1) await gate;
      return doneWith(request);
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  await until(handle, () => calls.includes('agent 1'));
  await handle.signal(halt, { reason: 'lunch' });
  go();
  const halted = await until(handle, isHalted);
  expect(halted.tasks.map(({ status }) => status)).toEqual(['done', 'pending']);
  await handle.signal(resume);
  expect(await statuses(handle)).toEqual(['done', 'done']);
  expect(steps()).toEqual(['prepare 1', 'agent 1', 'prepare 2', 'agent 2']);
});

test('an agent start that was reserved for later is given back where the run is stopped', async () => {
  script = {
    agent: async (request) => {
      const result = await doneWith(request);
      const next = result.outcome === 'done' ? result.afterwards?.next : null;
      if (next?.kind !== 'ready') return result;
      return doneWith(request, { next: { ...next, permit: { at: Date.now() + 60_000, limited: false } } });
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  await until(handle, ({ waiting }) => waiting !== null);
  await handle.signal(stop, { reason: 'enough' });
  expect((await finished(handle)).status).toBe('stopped');
  expect(calls).toContain('permit-returned');
});
