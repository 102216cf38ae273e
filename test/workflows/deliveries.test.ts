import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import {
  type Calls,
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
let pushing: Promise<void>;
let pushed: () => void;
let stage: Stage;
let close: () => Promise<void>;
beforeAll(async () => {
  const usual = scripted({}, calls);
  const opened = await openStage(
    {
      host: {
        prepareTask: (...args) => (script.host?.prepareTask ?? usual.prepareTask)(...args),
        pushBranch: async (...args) => {
          await usual.pushBranch(...args);
          await (script.host?.pushBranch?.(...args) ?? pushing);
          calls.push('pushed');
        },
      },
      shared: {
        acquirePermit: async (...args) => {
          calls.push('ask');
          return usual.acquirePermit(...args);
        },
      },
    },
    calls,
  );
  ({ stage, close } = opened);
});
afterAll(() => close());
beforeEach(() => {
  calls.length = 0;
  script = {};
  pushing = new Promise((resolve) => {
    pushed = resolve;
  });
});

const seen = (call: string) => () => calls.includes(call);
const order = (...names: readonly string[]) => calls.filter((call) => names.includes(call.split(' ')[0] ?? ''));

test('a task is made ready while the commit before it is pushed, and its agent starts when that has arrived', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  await until(handle, seen('prepare 2'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { tasks } = await until(handle, () => true);
  expect(tasks.map(({ status, phase }) => [status, phase])).toEqual([
    ['in_progress', 'pushing'],
    ['pending', 'preparing'],
  ]);
  expect(calls).not.toContain('agent 2');
  expect(calls).not.toContain('started 2');
  pushed();
  const state = await finished(handle);
  expect(state.tasks.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(order('agent', 'prepare', 'pushed')).toEqual([
    'prepare 1',
    'agent 1',
    'prepare 2',
    'pushed',
    'agent 2',
    'pushed',
  ]);
  expect(order('pull')).toEqual(['pull 1:done,2:done']);
});

test('where commits may be made anew, a task begins when the one before it has arrived', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2], agent: { updateWith: 'rebase' } }));
  await until(handle, seen('push locus/sprint-s'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(calls).not.toContain('prepare 2');
  pushed();
  await finished(handle);
});

test('a push that is refused halts the sprint before another agent is paid for; a resume pushes again', async () => {
  let isRefused = true;
  script = {
    host: {
      pushBranch: async () => {
        if (isRefused) throw ApplicationFailure.nonRetryable('protected', 'PushRefused');
      },
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  const halted = await until(handle, isHalted);
  expect(halted.tasks.map(({ status, phase }) => [status, phase])).toEqual([
    ['failed', null],
    ['pending', null],
  ]);
  expect(order('agent')).toEqual(['agent 1']);
  isRefused = false;
  await handle.signal(resume);
  const state = await finished(handle);
  expect(state.tasks.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(order('agent')).toEqual(['agent 1', 'agent 2']);
});

test('where failures do not halt a sprint, the next agent starts when the push before it has failed', async () => {
  let pushes = 0;
  script = {
    host: {
      pushBranch: async () => {
        pushes += 1;
        if (pushes === 1) throw ApplicationFailure.nonRetryable('protected', 'PushRefused');
      },
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2], stopOnFailure: false }));
  const state = await finished(handle);
  expect(state.tasks.map(({ status }) => status)).toEqual(['failed', 'done']);
});

test('halted in that moment, both go on after a resume', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  await until(handle, seen('prepare 2'));
  await handle.signal(halt, { reason: 'lunch' });
  pushed();
  await until(handle, isHalted);
  await handle.signal(resume);
  const state = await finished(handle);
  expect(state.tasks.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(order('agent')).toEqual(['agent 1', 'agent 2']);
});

test('stopped in that moment, the run ends when the push has', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  await until(handle, seen('prepare 2'));
  await handle.signal(stop, { reason: 'enough' });
  setTimeout(pushed, 300);
  const state = await finished(handle);
  expect(state.status).toBe('stopped');
  expect(calls.indexOf('pushed')).toBeLessThan(calls.findIndex((call) => call.startsWith('release')));
});

test("the agent's start is asked for once, by the step that makes its workspace ready", async () => {
  const usual = scripted({}, []);
  const asked: string[] = [];
  script = {
    host: {
      prepareTask: async (run, request) => {
        asked.push(request.permit.attemptId);
        const prepared = await usual.prepareTask(run, request);
        return prepared.kind === 'closed' ? prepared : { ...prepared, permit: { at: Date.now(), limited: false } };
      },
    },
  };
  pushed();
  await finished(await start(stage, inputOf(stage, { issues: [1, 2] })));
  expect(calls).not.toContain('ask');
  expect(asked.map((id) => id.replace(/^\w+-/, ''))).toEqual(['1-1', '2-2']);
});

test('a task that cannot be made ready fails when the one before it has arrived, once', async () => {
  const usual = scripted({}, calls);
  script = {
    host: {
      prepareTask: async (run, request) => {
        const prepared = await usual.prepareTask(run, request);
        if (request.task.issue === 2) throw ApplicationFailure.nonRetryable('no setup', 'SetupFailed');
        return prepared;
      },
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2, 3], stopOnFailure: false }));
  await until(handle, seen('prepare 2'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(calls).not.toContain('prepare 3');
  pushed();
  const state = await finished(handle);
  expect(state.tasks.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
  expect(order('prepare')).toEqual(['prepare 1', 'prepare 2', 'prepare 3']);
  expect(order('failed')).toEqual(['failed 2']);
});

test('where the one before it is refused, a task that cannot be made ready has not begun', async () => {
  const usual = scripted({}, calls);
  script = {
    host: {
      prepareTask: async (run, request) => {
        if (request.task.issue === 2) throw ApplicationFailure.nonRetryable('they have parted', 'WorkspaceBroken');
        return usual.prepareTask(run, request);
      },
      pushBranch: async () => {
        throw ApplicationFailure.nonRetryable('they have parted', 'PushRefused');
      },
    },
  };
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  const halted = await until(handle, isHalted);
  expect(halted.tasks.map(({ status }) => status)).toEqual(['failed', 'pending']);
  expect(order('failed')).toEqual(['failed 1']);
  await handle.signal(stop, { reason: 'over' });
  await finished(handle);
});
