import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mostIssues } from '../../src/domain/run-size.ts';
import { halt, resume } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, done, failed, finished, openStage, type Script, type Stage, start, until } from './support.ts';

const calls: Calls = [];
const ended = { outcome: 'ended', session: null, costUsd: 0.5, durationMs: 1 } as const;
let agent: NonNullable<Script['agent']>;
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openStage({ agent: (...args) => agent(...args) }, calls);
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
});

test("a run's budget that only a resume has set binds those under way and those begun after it", async () => {
  const allowances: [number, number, number | null][] = [];
  agent = async ({ task, allowanceUsd }, n, end) => {
    allowances.push([task.issue, n, allowanceUsd]);
    if (task.issue === 1 && n === 1) return end.then(() => ended);
    return task.issue < 3 ? { ...done, costUsd: 1 } : done;
  };
  const input = inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent: { maxParallel: 1 } });
  const handle = await start(stage, input);
  await until(handle, () => calls.includes('agent 1'));
  await handle.signal(halt, { reason: 'night' });
  await until(handle, (state) => state.status === 'halted');
  await handle.signal(resume, { budgets: { taskUsd: null, runUsd: 2.5 } });
  const spent = await until(handle, (state) => state.halt?.failure?.type === 'BudgetSpent');
  expect(spent.tasks.map((task) => task.costUsd)).toEqual([1.5, 1, 0]);
  expect(allowances).toEqual([
    [1, 1, null],
    [1, 2, 2],
    [2, 1, 1],
  ]);
  await handle.signal(resume, { budgets: { taskUsd: null, runUsd: null } });
  expect((await finished(handle)).tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
  expect(allowances.at(-1)).toEqual([3, 1, null]);
});

/** Temporal ends a run with more. */
const mostEvents = 51_200;

test.each([{}, { runBudgetUsd: 100 }, { runBudgetUsd: 100, maxAttempts: 4 }])(
  'a run of as many issues as are taken keeps within what a history may hold, with every agent failing as often as it may: %j',
  async (more) => {
    const settings = { maxAttempts: 2, runBudgetUsd: null, ...more };
    const eventsOf = async (count: number) => {
      const issues = Array.from({ length: count }, (_, at) => at + 1);
      const handle = await start(stage, inputOf(stage, { type: 'parallel', issues, agent: settings }));
      await finished(handle);
      return (await handle.describe()).historyLength;
    };
    agent = (_request, n) => (n < settings.maxAttempts ? failed('not yet') : done);
    // What the first children alone cost, such as being told of the labels, does not grow with their number.
    const [few, many] = [await eventsOf(4), await eventsOf(10)];
    const eventsOfOne = (many - few) / 6;
    expect(eventsOfOne * mostIssues(settings)).toBeLessThan(mostEvents * 0.9);
  },
);
