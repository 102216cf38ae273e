import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { halt, resume, stop, wake } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import {
  type Calls,
  done,
  failed,
  finished,
  limited,
  openStage,
  type Script,
  type Stage,
  start,
  until,
} from './support.ts';

const calls: Calls = [];
let script: Script = {};
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const live: Script = {
    agent: (request, n, ended) => script.agent?.(request, n, ended) ?? done,
    shared: {
      acquirePermit: async (request) => script.shared?.acquirePermit?.(request) ?? { at: Date.now(), limited: false },
    },
  };
  const opened = await openStage(live, calls);
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  script = {};
});

describe('a usage limit', () => {
  test('puts the run to sleep until it is over; then its session and its work are gone on with, and nothing is counted', async () => {
    script = { agent: (_request, n) => (n < 4 ? limited(Date.now() + 1_000) : done) };
    const handle = await start(stage, inputOf(stage, { issues: [1], agent: { maxAttempts: 1 } }));
    const asleep = await until(handle, (state) => state.waiting !== null);
    expect(asleep.waiting?.reason).toBe('the usage limit of command');
    expect(asleep.tasks[0]).toMatchObject({ status: 'in_progress', phase: 'waiting' });
    const state = await finished(handle);
    expect(state.tasks[0]).toMatchObject({ status: 'done', attempts: 1 });
    expect(calls.slice(calls.indexOf('agent 1'), calls.indexOf('agent 1 session s-1') + 1)).toEqual([
      'agent 1',
      'keep 1',
      'limit',
      'prepare-resumed 1',
      'agent 1 session s-1',
    ]);
  });

  test('a person wakes the run: it asks its gate again at once', async () => {
    const later = Date.now() + 3_600_000;
    let isLifted = false;
    script = {
      shared: { acquirePermit: async () => ({ at: isLifted ? Date.now() : later, limited: !isLifted }) },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    const asleep = await until(handle, (state) => state.waiting !== null);
    expect(asleep.waiting).toEqual({ reason: 'the usage limit of command', until: later });
    isLifted = true;
    await handle.signal(wake);
    expect((await finished(handle)).tasks[0]?.status).toBe('done');
  });

  test('a halt while the second agent waits does not give back what the first, which failed, has made', async () => {
    let mayStart = true;
    script = {
      agent: (_request, n) => {
        mayStart = false;
        return n === 1 ? failed('wrong') : done;
      },
      shared: {
        acquirePermit: async () => ({ at: mayStart ? Date.now() : Date.now() + 3_600_000, limited: false }),
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, (state) => state.waiting !== null);
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    mayStart = true;
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]).toMatchObject({ status: 'done', attempts: 2 });
    expect(calls.filter((call) => call.startsWith('prepare'))).toEqual(['prepare 1', 'prepare-anew 1']);
  });

  test('while it sleeps a run can be halted, resumed and stopped', async () => {
    script = { agent: () => limited(Date.now() + 3_600_000) };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, (state) => state.waiting !== null);
    await handle.signal(halt, { reason: 'night' });
    expect(await until(handle, (state) => state.status === 'halted')).toMatchObject({ waiting: null });
    await handle.signal(resume);
    await until(handle, (state) => state.waiting !== null);
    await handle.signal(stop, { reason: 'enough' });
    expect((await finished(handle)).status).toBe('stopped');
  });
});
