import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, done, failed, finished, openStage, type Script, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let script: Script = {};
let stage: Stage;
let close: () => Promise<void>;

// One worker for the file; each test puts its own script in.
beforeAll(async () => {
  const live: Script = {
    agent: (request, n, ended) => script.agent?.(request, n, ended) ?? done,
    tracker: {
      async openSprintPull(run, request) {
        calls.push(`pull ${request.tasks.map((task) => `${task.issue}:${task.status}`).join(',')}`);
        return script.tracker?.openSprintPull?.(run, request) ?? { number: 9, url: 'http://tracker.test/9' };
      },
    },
    host: {
      async pushBranch(run, request) {
        calls.push(`push ${request.branch}`);
        await script.host?.pushBranch?.(run, request);
      },
    },
    shared: {
      async acquirePermit(request) {
        return script.shared?.acquirePermit?.(request) ?? { at: Date.now(), limited: false };
      },
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

const untilEnded = (ended: Promise<void>) =>
  ended.then(() => ({ outcome: 'ended', session: 's-1', costUsd: 0, durationMs: 1 }) as const);

describe('a sprint', () => {
  test('works through its issues in order and ends with one pull request', async () => {
    const state = await finished(await start(stage, inputOf(stage, { issues: [3, 1, 2] })));
    expect(state.tasks.map(({ issue, status, pr }) => [issue, status, pr])).toEqual([
      [3, 'done', 9],
      [1, 'done', 9],
      [2, 'done', 9],
    ]);
    expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 3', 'agent 1', 'agent 2']);
    expect(calls.filter((call) => call.startsWith('pull'))).toEqual(['pull 3:done,1:done,2:done']);
    expect(calls.indexOf('labels')).toBeLessThan(calls.indexOf('started 3'));
    expect(calls.at(-1)).toBe('release locus/sprint-s');
  });

  test('reports each issue once: started, then done, in that order', async () => {
    await finished(await start(stage, inputOf(stage, { issues: [1, 2] })));
    for (const issue of [1, 2]) {
      const own = calls.filter((call) => call === `started ${issue}` || call === `done ${issue}`);
      expect(own).toEqual([`started ${issue}`, `done ${issue}`]);
    }
  });

  test('halts at a failure, waits for resume, retries that task and goes on', async () => {
    script = { agent: (request, n) => (request.task.issue === 2 && n === 1 ? failed('no', { retry: false }) : done) };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2, 3] }));
    const halted = await until(handle, (state) => state.status === 'halted');
    expect(halted.tasks.map((task) => task.status)).toEqual(['done', 'failed', 'pending']);
    expect(calls).toContain('failed 2');
    expect(calls.some((call) => call.startsWith('pull'))).toBe(false);
    await handle.signal(resume);
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
    expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 1', 'agent 2', 'agent 2', 'agent 3']);
  });

  test('goes on after a failure where it may, and names the failed task in the pull request', async () => {
    script = { agent: (request) => (request.task.issue === 1 ? failed('no', { retry: false }) : done) };
    const state = await finished(await start(stage, inputOf(stage, { issues: [1, 2], stopOnFailure: false })));
    expect(state.tasks.map((task) => task.status)).toEqual(['failed', 'done']);
    expect(calls.filter((call) => call.startsWith('pull'))).toEqual(['pull 1:failed,2:done']);
  });

  test('a task that always fails costs agent.maxAttempts agents, also after a resume', async () => {
    script = { agent: () => failed('never') };
    const handle = await start(stage, inputOf(stage, { issues: [1], agent: { maxAttempts: 3 } }));
    await until(handle, (state) => state.status === 'halted');
    expect(calls.filter((call) => call === 'agent 1')).toHaveLength(3);
    await handle.signal(resume);
    await until(handle, (state) => state.status === 'halted' && state.tasks[0]?.failures === 2);
    expect(calls.filter((call) => call === 'agent 1')).toHaveLength(6);
    await handle.terminate();
  });

  test('a killed agent is followed by one that goes on in its session, on the same tree', async () => {
    script = { agent: (_request, n) => (n === 1 ? failed('killed', { killed: true }) : done) };
    await finished(await start(stage, inputOf(stage, { issues: [1] })));
    expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 1', 'agent 1 session s-1']);
    expect(calls).not.toContain('keep 1');
  });

  test('a failed agent is followed by a fresh one on a clean tree', async () => {
    script = { agent: (_request, n) => (n === 1 ? failed('no') : done) };
    await finished(await start(stage, inputOf(stage, { issues: [1] })));
    expect(calls.filter((call) => /^(agent|keep)/.test(call))).toEqual(['agent 1', 'keep 1', 'agent 1']);
  });

  test('halt ends the agent before anything touches its workspace; resume gives the work back and costs no attempt', async () => {
    script = { agent: (_request, n, ended) => (n === 1 ? untilEnded(ended) : done) };
    const handle = await start(stage, inputOf(stage, { issues: [1], agent: { maxAttempts: 1 } }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(halt, { reason: 'coffee' });
    const state = await until(handle, (each) => each.status === 'halted');
    expect(state.halt?.reason).toBe('coffee');
    expect(calls.filter((call) => /^(agent|end|keep)/.test(call))).toEqual(['agent 1', 'end 1', 'keep 1']);
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]?.status).toBe('done');
    expect(calls.filter((call) => /^(prepare|agent)/.test(call))).toEqual([
      'prepare 1',
      'agent 1',
      'prepare-resumed 1',
      'agent 1 session s-1',
    ]);
  });

  test('stop ends the agent, keeps its work, takes the label back and ends the run', async () => {
    script = { agent: (_request, _n, ended) => untilEnded(ended) };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(stop, { reason: 'enough' });
    const state = await finished(handle);
    expect(state.status).toBe('stopped');
    expect(state.tasks.map((task) => task.status)).toEqual(['pending', 'pending']);
    expect(calls.filter((call) => /^(end|keep|cleared|release)/.test(call))).toEqual(
      ['end 1', 'keep 1', 'release locus/sprint-s', 'cleared 1'].sort((a, b) => calls.indexOf(a) - calls.indexOf(b)),
    );
  });

  test('stop ends a halted run too', async () => {
    script = { agent: () => failed('no', { retry: false }) };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(stop, { reason: 'enough' });
    expect((await finished(handle)).status).toBe('stopped');
  });

  test('work whose push was refused is pushed on resume without another agent', async () => {
    let refusals = 1;
    script = {
      host: {
        async pushBranch() {
          if (refusals-- > 0)
            throw ApplicationFailure.create({ type: 'PushRefused', message: 'hook', nonRetryable: true });
        },
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    const halted = await until(handle, (state) => state.status === 'halted');
    expect(halted.tasks[0]?.error?.type).toBe('PushRefused');
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]?.status).toBe('done');
    expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 1']);
    expect(calls.filter((call) => call.startsWith('push'))).toHaveLength(2);
  });

  test('a refused pull request halts the run instead of calling it done', async () => {
    let refusals = 1;
    script = {
      tracker: {
        async openSprintPull() {
          if (refusals-- > 0)
            throw ApplicationFailure.create({ type: 'TrackerRefused', message: '422', nonRetryable: true });
          return { number: 9, url: '' };
        },
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume);
    expect((await finished(handle)).pr?.number).toBe(9);
  });

  test('shows until when it waits for a permit', async () => {
    const at = Date.now() + 3_600_000;
    script = { shared: { acquirePermit: async () => ({ at, limited: false }) } };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    const state = await until(handle, (each) => each.waiting !== null);
    expect(state.waiting?.until).toBe(at);
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
    expect(calls).toContain('permit-returned');
  });

  test('continues as new when its history grows, and loses and repeats nothing', async () => {
    const issues = Array.from({ length: 14 }, (_, index) => index + 1);
    const handle = await start(stage, inputOf(stage, { issues }));
    const state = await finished(handle);
    expect(state.tasks.every((task) => task.status === 'done')).toBe(true);
    expect(calls.filter((call) => call.startsWith('agent'))).toEqual(issues.map((issue) => `agent ${issue}`));
    expect(calls.filter((call) => call === 'labels')).toHaveLength(1);
    expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId);
  });
});
