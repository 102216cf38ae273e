import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import { halt, resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, done, failed, finished, openStage, type Script, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let script: Script;
let stage: Stage;
let close: () => Promise<void>;

const ended = { outcome: 'ended', session: null, costUsd: 0, durationMs: 1 } as const;
const pull = { number: 9, url: '' };

beforeAll(async () => {
  const opened = await openStage(
    {
      agent: async (...args) => (await script.agent?.(...args)) ?? done,
      host: {
        prepareTask: (...args) => (script.host?.prepareTask ?? prepared)(...args),
      },
      tracker: {
        clearStatus: async (...args) => {
          calls.push('cleared');
          await script.tracker?.clearStatus?.(...args);
        },
        reportResult: async (...args) => script.tracker?.reportResult?.(...args),
        openSprintPull: async (...args) => script.tracker?.openSprintPull?.(...args) ?? pull,
      },
      shared: {
        acquirePermit: async (...args) => script.shared?.acquirePermit?.(...args) ?? { at: Date.now(), limited: false },
      },
    },
    calls,
  );
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  script = {};
});

async function prepared(_run: unknown, { task }: { task: { branch: string } }) {
  const repository = { root: '/r', commonDir: '/r/.git', bare: false, worktreesDir: '/r/w', privateDir: '/p' };
  const path = '/r/w/w';
  const workspace = { repository, name: 'w', path, branch: task.branch, adminDir: null, indexFile: null };
  return {
    kind: 'ready' as const,
    workspace: { ...workspace, mode: 'worktree' as const },
    startCommit: 'a'.repeat(40),
    labels: [],
    prompt: { file: '/p/1', length: 1, sha256: '' },
    permit: null,
    branchExisted: false,
  };
}

/** As a real step does: it beats, and lets go when it is told to, unless it is stuck. */
async function longStep({ stuckUntil }: { stuckUntil?: Promise<never> }): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  calls.push('long step');
  try {
    return await (stuckUntil ?? context.cancelled);
  } finally {
    clearInterval(beat);
  }
}

describe('a cancelled run', () => {
  test('is stopped as if a person had said so: agent ended, work kept, label taken back', async () => {
    script = { agent: async (_request, _n, end) => end.then(() => ended) };
    const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.cancel();
    const state = await finished(handle);
    expect(state).toMatchObject({ status: 'stopped', tasks: [{ status: 'pending', unfinished: true }, {}] });
    expect(calls.filter((call) => /^(end|keep|cleared|release)/.test(call)).sort()).toEqual(
      ['end 1', 'keep 1', 'cleared', 'release locus/sprint-s'].sort(),
    );
  });

  test('is stopped while it is halted, and a second time does no harm', async () => {
    script = { agent: () => failed('no', { retry: false }) };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, (state) => state.status === 'halted');
    await Promise.all([handle.cancel(), handle.signal(stop, { reason: 'enough' }), handle.cancel()]);
    expect((await finished(handle)).status).toBe('stopped');
  });
});

describe('stop', () => {
  test('does not wait for a tracker that does not answer, and says what it could not do', async () => {
    script = {
      agent: async (_request, _n, end) => end.then(() => ended),
      tracker: {
        clearStatus: async () => {
          throw new Error('503');
        },
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(stop, { reason: 'enough' });
    expect((await finished(handle)).warnings).toEqual([expect.stringContaining('labels may still say')]);
  }, 40_000);

  test.each(['reportResult', 'openSprintPull'] as const)(
    'reaches a run that waits for %s',
    async (name) => {
      const down = async () => {
        calls.push('asked');
        throw new Error('503');
      };
      script = { tracker: { [name]: down } };
      const handle = await start(stage, inputOf(stage, { issues: [1] }));
      await until(handle, () => calls.includes('asked'));
      await handle.signal(stop, { reason: 'enough' });
      expect(await finished(handle)).toMatchObject({ status: 'stopped', tasks: [{ status: 'done' }] });
    },
    40_000,
  );
});

describe('halt', () => {
  test('during agent.verify gives the work back on resume: what was cut short is no failure', async () => {
    script = { agent: async (_request, n, end) => (n > 1 ? done : end.then(() => failed('verify was killed'))) };
    const handle = await start(stage, inputOf(stage, { issues: [1], agent: { maxAttempts: 1 } }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(halt, { reason: 'coffee' });
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]).toMatchObject({ status: 'done', attempts: 1, error: null });
  });

  test('while an attempt waits for its permit leaves the kept work to the attempt that made it', async () => {
    const keepers: (string | null)[] = [];
    let permits = 0;
    script = {
      agent: async (_request, n, end) => (n > 1 ? done : end.then(() => ended)),
      shared: { acquirePermit: async () => ({ at: Date.now() + (permits++ === 1 ? 3_600_000 : 0), limited: false }) },
      host: {
        prepareTask: async (run, request) => {
          keepers.push(request.attemptId);
          return prepared(run, request);
        },
      },
    };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, () => calls.includes('agent 1'));
    for (const wanted of [() => true, (state: { waiting: unknown }) => state.waiting !== null]) {
      await until(handle, wanted);
      await handle.signal(halt, { reason: 'coffee' });
      await until(handle, (state) => state.status === 'halted');
      await handle.signal(resume);
    }
    await finished(handle);
    expect(keepers).toEqual([null, expect.stringMatching(/-1-1$/), expect.stringMatching(/-1-1$/)]);
  });

  test('ends a long step at once', async () => {
    let steps = 0;
    script = { host: { prepareTask: (...args) => (steps++ === 0 ? longStep({}) : prepared(...args)) } };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, () => calls.includes('long step'));
    await handle.signal(halt, { reason: 'coffee' });
    await until(handle, (state) => state.status === 'halted', 5000);
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]?.status).toBe('done');
  });

  test('by force gives up a step that does not let go', async () => {
    let letGo = () => {};
    const stuckUntil = new Promise<never>((_resolve, reject) => {
      letGo = () => reject(new Error('let go'));
    });
    script = { host: { prepareTask: () => longStep({ stuckUntil }) } };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, () => calls.includes('long step'));
    await handle.signal(halt, { reason: 'coffee' });
    await handle.signal(halt, { reason: 'now', force: true });
    expect((await until(handle, (state) => state.status === 'halted', 5000)).halt?.reason).toBe('coffee');
    letGo();
    await handle.terminate();
  });

  test('by force gives up an agent whose end nobody hears of', async () => {
    let letGo = () => {};
    const stuck = new Promise<typeof ended>((resolve) => {
      letGo = () => resolve(ended);
    });
    script = { agent: (_request, n) => (n > 1 ? done : stuck) };
    const handle = await start(stage, inputOf(stage, { issues: [1] }));
    await until(handle, () => calls.includes('agent 1'));
    await handle.signal(halt, { reason: 'now', force: true });
    expect((await until(handle, (state) => state.status === 'halted', 10_000)).tasks[0]?.attempts).toBe(0);
    letGo();
    await handle.signal(resume);
    expect((await finished(handle)).tasks[0]).toMatchObject({ status: 'done', attempts: 1 });
  });
});
