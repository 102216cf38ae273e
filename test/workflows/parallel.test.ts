import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HostActivities, TrackerActivities } from '../../src/activities/contract.ts';
import { issueRunId } from '../../src/domain/run-id.ts';
import { exitCodeOf } from '../../src/domain/run-state.ts';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, done, failed, finished, openStage, type Script, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let agent: NonNullable<Script['agent']>;
let push: (branch: string) => Promise<void>;
let labels: () => Promise<void>;
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const pushBranch: HostActivities['pushBranch'] = (_run, { branch }) => {
    calls.push(`push ${branch}`);
    return push(branch);
  };
  const prepareTracker: TrackerActivities['prepareTracker'] = () => {
    calls.push('labels');
    return labels();
  };
  const script = { agent: (...args: Parameters<typeof agent>) => agent(...args), host: { pushBranch } };
  const opened = await openStage({ ...script, tracker: { prepareTracker } }, calls);
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  agent = () => done;
  push = async () => {};
  labels = async () => {};
});

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const untilEnded: typeof agent = async (_request, _n, ended) => {
  await ended;
  return { outcome: 'ended', session: null, costUsd: 0, durationMs: 1 };
};

const started = () => calls.filter((call) => call.startsWith('agent')).map((call) => Number(call.split(' ')[1]));

describe('a parallel run', () => {
  test('gives each issue a branch, a pull request and a report of its own', async () => {
    const state = await finished(await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2, 3, 4] })));
    expect(state.tasks.map(({ issue, status, pr, branch }) => [issue, status, pr, branch])).toEqual(
      [1, 2, 3, 4].map((issue) => [issue, 'done', 99, `locus/issue-${issue}`]),
    );
    expect(calls.filter((call) => call.startsWith('pull')).sort()).toEqual(['pull 1', 'pull 2', 'pull 3', 'pull 4']);
    expect(calls.filter((call) => call === 'labels')).toHaveLength(1);
  });

  test('begins beside the labels, and writes of an issue when they are made', async () => {
    const made = gate();
    labels = () => made.opened;
    const handle = await start(
      stage,
      inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent: { maxParallel: 2 } }),
    );
    const pulled = () => calls.filter((call) => call.startsWith('pull')).sort();
    await until(handle, () => pulled().length === 2);
    expect(calls).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(started|done)/)]));
    made.open();
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
    for (const issue of [1, 2, 3]) expect(calls).toEqual(expect.arrayContaining([`started ${issue}`, `done ${issue}`]));
    expect(calls.filter((call) => call === 'labels')).toHaveLength(1);
  });

  test('keeps agent.maxParallel tasks going at all times, not in batches', async () => {
    const slow = gate();
    agent = async ({ task }) => {
      if (task.issue === 1) await slow.opened;
      return done;
    };
    const handle = await start(
      stage,
      inputOf(stage, { type: 'parallel', issues: [1, 2, 3, 4, 5], agent: { maxParallel: 2 } }),
    );
    const state = await until(handle, (each) => each.tasks.filter((task) => task.status === 'done').length === 4);
    expect(state.tasks[0]?.status).toBe('in_progress');
    slow.open();
    await finished(handle);
    expect(started().sort()).toEqual([1, 2, 3, 4, 5]);
  });

  test('a failed task stops no other', async () => {
    agent = ({ task }) => (task.issue === 2 ? failed('no', { retry: false }) : done);
    const state = await finished(await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2, 3] })));
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'failed', 'done']);
  });

  test('an issue that another run holds fails and names that run', async () => {
    const free = gate();
    agent = async ({ task }) => {
      if (task.issue === 7) await free.opened;
      return done;
    };
    const input = inputOf(stage, { type: 'parallel', issues: [7, 8] });
    const held = issueRunId(input.repoName, 7);
    const alone = await start(stage, { ...input, type: 'issue', runId: held, tasks: input.tasks.slice(0, 1) });
    await until(alone, () => calls.includes('agent 7'));
    const state = await finished(await start(stage, input));
    expect(state.tasks[0]).toMatchObject({ status: 'failed', error: { type: 'RunConflict' } });
    expect(state.tasks[0]?.error?.message).toContain(held);
    free.open();
    expect((await finished(alone)).tasks[0]?.status).toBe('done');
  });

  test('halt reaches every child and counts when the last agent has ended; resume lets all go on', async () => {
    agent = async ({ task }, n, ended) => {
      if (n > 1 || task.issue === 3) return done;
      await ended;
      return { outcome: 'ended', session: 's-1', costUsd: 0, durationMs: 1 };
    };
    const handle = await start(
      stage,
      inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent: { maxParallel: 2 } }),
    );
    await until(handle, () => started().length === 2);
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    expect(calls.filter((call) => call.startsWith('keep'))).toHaveLength(2);
    expect(started()).toHaveLength(2);
    await handle.signal(resume);
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
  });

  test('a child that has done its work and not yet pushed counts as halted too', async () => {
    const free = gate();
    const branches: string[] = [];
    push = async (branch) => {
      branches.push(branch);
      if (branches.length === 1) await free.opened;
    };
    const input = inputOf(stage, { type: 'parallel', issues: [1] });
    const handle = await start(stage, input);
    await until(handle, () => branches.length === 1);
    await handle.signal(halt, { reason: 'night' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    free.open();
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]).toMatchObject({ status: 'done', attempts: 1 });
  });

  test('stop ends every child and leaves the rest alone', async () => {
    agent = untilEnded;
    const handle = await start(
      stage,
      inputOf(stage, { type: 'parallel', issues: [1, 2, 3], agent: { maxParallel: 2 } }),
    );
    await until(handle, () => started().length === 2);
    await handle.signal(stop, { reason: 'enough' });
    const state = await finished(handle);
    expect(state.status).toBe('stopped');
    expect(state.tasks.map((task) => task.status)).toEqual(['pending', 'pending', 'pending']);
    expect(calls.filter((call) => call.startsWith('cleared')).sort()).toEqual(['cleared 1', 'cleared 2']);
  });
});

describe('a halted parallel run', () => {
  test('ends for good at stop, and so do its children', async () => {
    agent = untilEnded;
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2] }));
    await until(handle, () => started().length === 2);
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(stop, { reason: 'enough' });
    expect((await finished(handle)).status).toBe('stopped');
  });

  test('a terminated one lets its children go', async () => {
    agent = untilEnded;
    const input = inputOf(stage, { type: 'parallel', issues: [1] });
    const handle = await start(stage, input);
    await until(handle, () => started().length === 1);
    await handle.signal(halt, { reason: 'night' });
    await until(handle, (state) => state.status === 'halted');
    await handle.terminate();
    const child = stage.env.client.workflow.getHandle(issueRunId(input.repoName, 1));
    expect(await child.result()).toMatchObject({ status: 'stopped', tasks: [{ status: 'pending' }] });
    expect(calls).toContain('cleared 1');
  });

  test('a cancelled one is stopped, with its children', async () => {
    agent = untilEnded;
    const handle = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 2] }));
    await until(handle, () => started().length === 2);
    await handle.cancel();
    const state = await finished(handle);
    expect(state.status).toBe('stopped');
    expect(state.tasks.map((task) => [task.status, task.unfinished])).toEqual([
      ['pending', true],
      ['pending', true],
    ]);
    expect(calls.filter((call) => /^(keep|cleared)/.test(call)).sort()).toEqual([
      'cleared 1',
      'cleared 2',
      'keep 1',
      'keep 2',
    ]);
  });

  test('goes on with the others when one child is stopped', async () => {
    agent = (request, ...rest) => (request.task.issue === 2 ? done : untilEnded(request, ...rest));
    const input = inputOf(stage, { type: 'parallel', issues: [1, 2], agent: { maxParallel: 1 } });
    const handle = await start(stage, input);
    await until(handle, () => started().length === 1);
    await stage.env.client.workflow.getHandle(issueRunId(input.repoName, 1)).signal(stop, { reason: 'this one' });
    const state = await finished(handle);
    expect(state.tasks.map((task) => task.status)).toEqual(['pending', 'done']);
    expect(exitCodeOf(state)).toBe(3);
  });
});

describe('a single issue', () => {
  test('is pushed, gets its pull request, then its report, and gives its workspace back', async () => {
    const state = await finished(await start(stage, inputOf(stage, { type: 'issue', issues: [4] })));
    expect(state.tasks[0]).toMatchObject({ status: 'done', pr: 99 });
    expect(calls.filter((call) => /^(push|pull|release)/.test(call))).toEqual([
      'push locus/issue-4',
      'pull 4',
      'release locus/issue-4',
    ]);
    expect(calls.indexOf('pull 4')).toBeLessThan(calls.indexOf('done 4'));
  });

  test('ends with the failure of its agent', async () => {
    agent = () => failed('exit code 3', { retry: false });
    const state = await finished(await start(stage, inputOf(stage, { type: 'issue', issues: [4] })));
    expect(state.tasks[0]).toMatchObject({ status: 'failed', error: { type: 'AgentFailed', message: 'exit code 3' } });
    expect(calls).toContain('failed 4');
    expect(calls).not.toContain('release locus/issue-4');
  });
});
