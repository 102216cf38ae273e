import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import type { RunState } from '../../src/domain/run.ts';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import {
  type Calls,
  done,
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
const prepared = scripted({}, []).prepareTask;
const ended = { outcome: 'ended', session: null, costUsd: 0, durationMs: 1 } as const;
let agent: NonNullable<Script['agent']>;
let prepare: typeof prepared;
let report: (issue: number) => Promise<void>;
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openStage(
    {
      agent: async (request, n, end) => {
        calls.push(`begun ${request.task.issue}/${n}`);
        try {
          return await beating(agent(request, n, end));
        } finally {
          calls.push(`over ${request.task.issue}/${n}`);
        }
      },
      host: { prepareTask: (...args) => prepare(...args) },
      tracker: { reportResult: (_run, { issue }) => report(issue) },
    },
    calls,
  );
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  agent = async (_request, _n, end) => end.then(() => ended);
  prepare = prepared;
  report = async () => {};
});

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** As every real step does: one that is silent would be begun anew. */
async function beating<T>(step: T | Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  try {
    return await step;
  } finally {
    clearInterval(beat);
  }
}

const isRunning = (state: RunState) => state.status === 'running';
const agents = () => calls.filter((call) => /^(begun|over)/.test(call));
const parallel = (issues: number[], more: object = {}) =>
  start(stage, inputOf(stage, { type: 'parallel', issues, agent: { maxParallel: 2, ...more } }));

test('a resume reaches the halted ones at once, and the next halt all, while one agent takes its time to end', async () => {
  const slow = gate();
  agent = async ({ task }, n, end) => {
    await end;
    if (task.issue === 1 && n === 1) await slow.opened;
    return ended;
  };
  const handle = await parallel([1, 2]);
  await until(handle, () => calls.includes('begun 1/1') && calls.includes('begun 2/1'));
  await handle.signal(halt, { reason: 'night' });
  await until(handle, (state) => state.tasks[1]?.phase === 'halted');
  await handle.signal(resume);
  await until(handle, () => calls.includes('begun 2/2'));
  await handle.signal(halt, { reason: 'night again' });
  await until(handle, (state) => state.tasks[1]?.phase === 'halted' && calls.includes('over 2/2'));
  expect(calls).not.toContain('over 1/1');
  slow.open();
  await until(handle, isHalted);
  await handle.signal(stop, { reason: 'enough' });
  expect((await finished(handle)).status).toBe('stopped');
});

test('one that only writes to a slow tracker holds no halt up, and what is started after a resume is halted too', async () => {
  const slow = gate();
  agent = async ({ task }, n, end) => (task.issue === 2 || n > 2 ? done : end.then(() => ended));
  report = async (issue) => {
    if (issue === 2) calls.push('reporting');
    if (issue === 2) await slow.opened;
  };
  const handle = await parallel([1, 2, 3]);
  await until(handle, () => calls.includes('begun 1/1') && calls.includes('reporting'));
  await handle.signal(halt, { reason: 'night' });
  const halted = await until(handle, isHalted);
  expect(halted.tasks.map((task) => task.status)).toEqual(['in_progress', 'done', 'pending']);
  await handle.signal(resume);
  slow.open();
  await until(handle, () => calls.includes('begun 3/1') && calls.includes('begun 1/2'));
  await handle.signal(halt, { reason: 'night again' });
  await until(handle, isHalted);
  expect(agents().slice(-2).sort()).toEqual(['over 1/2', 'over 3/1']);
  await handle.signal(resume);
  await until(handle, () => calls.includes('begun 3/2'));
  await handle.signal(halt, { reason: 'and again' });
  await until(handle, isHalted);
  await handle.signal(resume);
  expect((await finished(handle)).tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
});

test.each([{}, { runBudgetUsd: 10 }])('a second halt counts when the agents have ended, with %j', async (more) => {
  agent = async (_request, n, end) => {
    await end;
    if (n > 1) await new Promise((resolve) => setTimeout(resolve, 1500));
    return ended;
  };
  const handle = await parallel([1, 2], more);
  await until(handle, () => agents().length === 2);
  await handle.signal(halt, { reason: 'night' });
  await until(handle, isHalted);
  await handle.signal(resume);
  await until(handle, (state) => isRunning(state) && agents().length === 6);
  await handle.signal(halt, { reason: 'night again' });
  await until(handle, isHalted);
  expect(agents().slice(-2).sort()).toEqual(['over 1/2', 'over 2/2']);
  await handle.terminate();
});

test('a resume and a halt right behind it leave no child behind', async () => {
  const handle = await parallel([1, 2]);
  await until(handle, () => agents().length === 2);
  for (let round = 0; round < 4; round += 1) {
    await handle.signal(halt, { reason: `night ${round}` });
    await until(handle, isHalted);
    await handle.signal(resume);
    await until(handle, isRunning);
    await handle.signal(halt, { reason: 'at once' });
    await until(handle, isHalted);
    await handle.signal(resume);
  }
  agent = async () => done;
  await handle.signal(halt, { reason: 'the last' });
  await until(handle, isHalted);
  await handle.signal(resume);
  expect((await finished(handle)).tasks.map((task) => task.status)).toEqual(['done', 'done']);
});

describe('while steps of its children do not let go', () => {
  let stuck: ReturnType<typeof gate>;

  beforeEach(() => {
    stuck = gate();
    const { opened } = stuck;
    prepare = async () => {
      calls.push('stuck');
      await beating(opened);
      throw new Error('let go');
    };
  });

  afterEach(() => stuck.open());

  async function begun() {
    const handle = await parallel([1, 2]);
    await until(handle, () => calls.filter((call) => call === 'stuck').length === 2);
    return handle;
  }

  test('a halt by force, also after a plain one, gives them up', async () => {
    const handle = await begun();
    await handle.signal(halt, { reason: 'coffee' });
    await handle.signal(halt, { reason: 'now', force: true });
    await until(handle, isHalted, 5000);
    await handle.terminate();
  });

  test('a halt by force after a stop does so too', async () => {
    const handle = await begun();
    await handle.signal(stop, { reason: 'enough' });
    await until(handle, () => true);
    await handle.signal(halt, { reason: 'now', force: true });
    await until(handle, (state) => state.status === 'stopped', 5000);
  });
});
