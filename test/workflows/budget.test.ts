import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { issueRunId } from '../../src/domain/run-id.ts';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import {
  type Calls,
  done,
  finished,
  openStage,
  overspent,
  type Script,
  type Stage,
  scripted,
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
    host: {
      prepareTask: async (...args) => (script.host?.prepareTask ?? scripted({}, calls).prepareTask)(...args),
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

const ended = { outcome: 'ended', session: null, costUsd: 0, durationMs: 1 } as const;
const agentCalls = () => calls.filter((call) => call.startsWith('agent'));

describe('a budget', () => {
  test('of a task is what all its attempts may cost: what is left is handed to each, and at the end it has failed', async () => {
    const allowances: (number | null)[] = [];
    script = {
      agent: ({ allowanceUsd }, n) => {
        allowances.push(allowanceUsd);
        return overspent(n === 1 ? 0.4 : 0.75);
      },
    };
    const agent = { budgetUsd: 1 };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2], stopOnFailure: false, agent }));
    const state = await finished(handle);
    expect(allowances.map((usd) => usd?.toFixed(2))).toEqual(['1.00', '0.60', '1.00', '0.60']);
    for (const task of state.tasks)
      expect(task).toMatchObject({
        status: 'failed',
        error: {
          type: 'BudgetSpent',
          message: "the task's budget of $1.00 is spent: $1.15, $0.15 over",
          remedy: 'raise agent.budgetUsd, then `locus run --resume`',
        },
      });
    expect(agentCalls()).toEqual(['agent 1', 'agent 1 session s-1', 'agent 2', 'agent 2 session s-1']);
    expect(calls.filter((call) => call === 'keep 1')).toHaveLength(2);
  });

  test('of a run halts it when it is spent, on a clean tree; a resume with a larger one goes on in the same session', async () => {
    script = {
      agent: ({ task, allowanceUsd }, n) => {
        if (task.issue === 1) return { ...done, costUsd: 1.5 };
        return task.issue === 2 && n === 1 ? overspent((allowanceUsd ?? 0) + 0.1) : { ...done, costUsd: 1 };
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2, 3], agent: { runBudgetUsd: 2 } }));
    const halted = await until(handle, (state) => state.status === 'halted');
    expect(halted.halt?.failure).toMatchObject({
      type: 'BudgetSpent',
      message: "the run's budget of $2.00 is spent: $2.10, $0.10 over",
    });
    // What the tracker is told may come later.
    expect(calls.filter((call) => !call.startsWith('started')).at(-1)).toBe('keep 2');
    await handle.signal(resume);
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume, { budgets: { taskUsd: null, runUsd: 10 } });
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
    expect(agentCalls()).toEqual(['agent 1', 'agent 2', 'agent 2 session s-1', 'agent 3']);
    expect(state.budget).toEqual({ taskUsd: null, runUsd: 10, reserved: [] });
  });

  test('of a task, raised while a parallel run was halted, is that of the tasks which begin later too', async () => {
    const allowances: (number | null)[] = [];
    script = {
      agent: async ({ allowanceUsd }, n, end) => {
        allowances.push(allowanceUsd);
        if (n === 1 && allowances.length === 1) await end;
        return done;
      },
    };
    const agent = { budgetUsd: 1, maxParallel: 1 };
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2], agent }));
    await until(handle, () => allowances.length === 1);
    await handle.signal(halt, { reason: 'too little' });
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume, { budgets: { taskUsd: 5, runUsd: null } });
    await finished(handle);
    expect(allowances).toEqual([1, 5]);
  });

  test('of a sprint is held by no task that came to nothing: the next one works', async () => {
    let isClosed = false;
    script = {
      agent: ({ task }, _n, end) => (task.issue > 1 ? done : end.then(() => ended)),
      host: {
        prepareTask: async (run, request) =>
          isClosed && request.task.issue === 1 ? { kind: 'closed' } : scripted({}, calls).prepareTask(run, request),
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2], agent: { runBudgetUsd: 1 } }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    isClosed = true;
    await handle.signal(resume);
    expect((await finished(handle)).tasks.map((task) => task.status)).toEqual(['skipped', 'done']);
  });

  test('of a parallel run that is terminated: its tasks stop, and none of them has failed', async () => {
    script = { agent: (_request, _n, end) => end.then(() => ended) };
    const input = inputOf(stage, { type: 'parallel', issues: [1], agent: { runBudgetUsd: 5 } });
    const handle = await start(stage, input);
    await until(handle, () => calls.includes('agent 1'));
    await handle.terminate('by hand');
    const child = stage.env.client.workflow.getHandle(issueRunId(input.repoName, 1));
    expect(await child.result()).toMatchObject({ status: 'stopped', tasks: [{ status: 'pending', error: null }] });
  });

  test('of a parallel run: nobody takes a task for halted that works again', async () => {
    script = { agent: (_request, n, end) => (n > 1 ? end.then(() => done) : end.then(() => ended)) };
    const agent = { runBudgetUsd: 10, maxParallel: 2 };
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2], agent }));
    await until(handle, () => agentCalls().length === 2);
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume);
    const working = await until(handle, () => agentCalls().length === 4);
    expect(working.tasks.map((task) => task.phase)).not.toContain('halted');
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });

  test('of a parallel run is shared: no attempt gets what another has reserved, and what is not spent comes back', async () => {
    const allowances = new Map<number, number | null>();
    script = {
      agent: async ({ task, allowanceUsd }) => {
        allowances.set(task.issue, allowanceUsd);
        await new Promise((resolve) => setTimeout(resolve, 500));
        return { ...done, costUsd: 0.5 };
      },
    };
    const agent = { runBudgetUsd: 6, maxParallel: 2 };
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent }));
    const working = await until(handle, (each) => each.budget.reserved.length === 2);
    expect(working.budget.reserved.reduce((sum, { usd }) => sum + usd, 0)).toBe(6);
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
    expect([allowances.get(1), allowances.get(2)]).toEqual([3, 3]);
    // 6 less what both have cost, and the share of whichever still works.
    expect(allowances.get(3)).toBeGreaterThanOrEqual(2.5);
    expect(allowances.get(3)).toBeLessThanOrEqual(5);
    expect(state.budget.reserved).toEqual([]);
  });

  test('of a parallel run that is spent halts all of it; with a larger one everybody goes on', async () => {
    script = {
      agent: ({ task, allowanceUsd }, n) => (task.issue < 3 && n === 1 ? overspent(allowanceUsd ?? 0) : done),
    };
    const agent = { runBudgetUsd: 4, maxParallel: 2 };
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent }));
    const halted = await until(handle, (state) => state.status === 'halted');
    expect(halted.halt?.failure?.type).toBe('BudgetSpent');
    expect(halted.tasks.map((task) => task.status)).toContain('pending');
    expect(halted.tasks.reduce((sum, task) => sum + task.costUsd, 0)).toBeCloseTo(4);
    await handle.signal(resume, { budgets: { taskUsd: null, runUsd: 40 } });
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
  });
});
