import { describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { answer, attributes, resume, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, implemented, roles, shown, untilEnded } from './gated-support.ts';
import { flags, goOn } from './resumptions.ts';
import { failed, finished, type Handle, isHalted, limited, until } from './support.ts';

const here = gatedStage();
const { begin, calls } = here;

const historyOf = async (handle: Handle) => (await handle.describe()).historyLength;

describe('a gated run', () => {
  test('C28 twenty cycles that always find something new: IMPLEMENT runs twenty times, in a short history', async () => {
    here.play = { agents: { reviewer: ({ n }) => answered('review', [`r${n}`]) } };
    const handle = await begin();
    const { run, circuit_breaker } = shown(await until(handle, isHalted, 90_000));
    expect(calls.filter((call) => call.startsWith('implementer'))).toHaveLength(20);
    expect(calls.filter((call) => call.startsWith('auditor'))).toEqual([]);
    expect(run.cycles).toMatchObject({ current: 20, limit: 20 });
    expect(circuit_breaker.history.map(({ trigger }) => trigger)).toEqual(['cycle_limit']);
    // 1,048 when it was written; Temporal allows 51,200.
    expect(await historyOf(handle)).toBeLessThan(2_000);
    const history = await handle.fetchHistory();
    const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
    await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId);
    await handle.terminate();
  }, 120_000);

  test('A2 findings_fixed: what a gate no longer finds in its own next answer, whatever the other says between', async () => {
    const audits = [['b', 'c'], ['b'], ['b', 'd'], []];
    const reviews = [['a'], [], [], ['e'], [], []];
    here.play = {
      agents: {
        reviewer: ({ n }) => answered('review', reviews[n - 1]),
        auditor: ({ n }) => answered('audit', audits[n - 1]),
      },
    };
    const { gated } = await finished(await begin());
    expect(roles(calls).filter((call) => !call.startsWith('implementer'))).toHaveLength(10);
    // Of the review a and e, of the audit c, b and d.
    expect(gated?.run.metrics.findings_fixed).toBe(5);
  });

  test('A11 shows its state, phase and cycle as search attributes, and its page as current details', async () => {
    here.play = { agents: { reviewer: (turn) => (turn.n === 1 ? answered('review', ['r1']) : untilEnded(turn)) } };
    const handle = await begin();
    await until(handle, () => calls.includes('reviewer 2'));
    const { typedSearchAttributes: told } = await handle.describe();
    expect([told.get(attributes.state), told.get(attributes.phase), told.get(attributes.cycle)]).toEqual([
      'RUNNING',
      'REVIEW',
      2,
    ]);
    const details = await handle.query<{ readonly currentDetails?: string }>('__temporal_workflow_metadata');
    expect(details.currentDetails).toMatch(/Cycle: +2 \/ 20\n +Phase: +REVIEW/);
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });

  test('A0 a role asks the account of its own provider, and its usage limit is that one’s', async () => {
    const settings = { roles: { reviewer: { provider: 'codex', model: null } } } as const;
    here.play = { agents: { reviewer: ({ n }) => (n === 1 ? limited(Date.now() + 300) : answered('review')) } };
    await finished(await begin({ settings }));
    expect(calls.filter((call) => /^(permit|limit) /.test(call))).toEqual([
      'permit command',
      'permit codex',
      'limit codex',
      'permit codex',
      'permit command',
    ]);
  });

  test('A5 a spent budget of the run halts it with words, and a raised one lets it go on', async () => {
    here.play = { agents: { implementer: ({ n }) => ({ ...implemented(n), costUsd: 4 }) } };
    const handle = await begin({ agent: { runBudgetUsd: 3 } });
    const state = await until(handle, isHalted);
    expect(state.halt?.reason).toMatch(/^gate_error: the reviewer failed: .*budget/);
    await handle.executeUpdate(resumeGated, { args: [{ flags, budgets: { taskUsd: null, runUsd: 10 } }] });
    await finished(handle);
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  });

  test('A1 an agent that fails agent.maxAttempts times halts it', async () => {
    here.play = { agents: { implementer: () => failed('no') } };
    const handle = await begin({ agent: { maxAttempts: 3 } });
    expect((await until(handle, isHalted)).halt?.reason).toBe('agent_failed: the implementer failed: no');
    expect(roles(calls)).toHaveLength(3);
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });
});

describe('what people say to it', () => {
  /** The refusal's words; that it leaves nothing in the history. */
  async function refused(handle: Handle, update: () => Promise<unknown>): Promise<string> {
    const before = await historyOf(handle);
    const error: unknown = await update().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(await historyOf(handle)).toBe(before);
    return error instanceof WorkflowUpdateFailedError ? (error.cause?.message ?? '') : `no refusal: ${error}`;
  }

  test('C118 a resume is refused while it runs, and for another branch; the refusal leaves no trace', async () => {
    here.play = { agents: { reviewer: untilEnded } };
    const handle = await begin();
    await until(handle, () => calls.includes('reviewer 1'));
    const asked = { flags, branch: 'feature/other' };
    expect(await refused(handle, () => handle.executeUpdate(resumeGated, { args: [asked] }))).toContain('not halted');
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });

  test('C119 an open breaker needs a word of its own; a resume that is asked for twice happens once', async () => {
    here.play = { agents: { reviewer: ({ n }) => answered('review', n === 1 ? ['r1'] : []) } };
    const handle = await begin({ options: { max_cycles: 1 } });
    await until(handle, isHalted);
    const other = { flags, branch: 'feature/other' };
    expect(await refused(handle, () => handle.executeUpdate(resumeGated, { args: [other] }))).toMatch(
      /feature\/issue-1.*feature\/other/,
    );
    expect(await refused(handle, () => handle.executeUpdate(resumeGated, goOn))).toContain(
      'the circuit breaker is open: cycle_limit',
    );
    const reset = { flags: { ...flags, reset: true } };
    const both = await Promise.allSettled([
      handle.executeUpdate(resumeGated, { args: [reset] }),
      handle.executeUpdate(resumeGated, { args: [reset] }),
    ]);
    expect(both.map(({ status }) => status)).toContain('fulfilled');
    expect(shown(await finished(handle)).circuit_breaker).toMatchObject({
      state: 'CLOSED',
      history: [{ trigger: 'cycle_limit' }],
    });
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
  });

  test('C49 an answer is taken once; another one, or to nothing, is refused without a trace', async () => {
    const say = (value: string, question?: number) => () =>
      handle.executeUpdate(answer, { args: [{ value, ...(question === undefined ? {} : { question }) }] });
    here.play = { agents: { implementer: ({ n }) => implemented(n) } };
    const handle = await begin({ options: { push_mode: 'PROMPT' } });
    await until(handle, (state) => shown(state).question !== null);
    expect(await refused(handle, say('perhaps'))).toBe('the answer is push or keep, not perhaps');
    expect(await refused(handle, say('push', 2))).toBe('question 2 is not open: the run asks question 1');
    const both = await Promise.allSettled([say('push')(), say('push')()]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await finished(handle);
    expect(calls.filter((call) => call.startsWith('draft'))).toHaveLength(1);
  });

  test.each(['signal', 'cancel'])('a stop by %s while it asks ends it: nothing is pushed', async (way) => {
    const handle = await begin({ options: { push_mode: 'PROMPT' } });
    await until(handle, (state) => shown(state).question !== null);
    await stopped(handle, way);
    expect(calls.some((call) => call.startsWith('push'))).toBe(false);
  });

  test.each(['signal', 'cancel'])('a stop by %s ends it while its branch is made ready', async (way) => {
    here.play = { host: { openTarget: () => Promise.reject(new Error('not now')) } };
    const handle = await begin();
    await until(handle, () => calls.includes('open'));
    await stopped(handle, way);
  });

  test.each(['signal', 'cancel'])('a stop by %s ends its agent, and then the run', async (way) => {
    here.play = { agents: { reviewer: untilEnded } };
    const handle = await begin();
    await until(handle, () => calls.includes('reviewer 1'));
    await stopped(handle, way);
    expect(calls).toContain('end 1');
  });

  test.each(['signal', 'cancel'])('a stop by %s ends it while it delivers', async (way) => {
    here.play = { tracker: { openDraft: () => Promise.reject(new Error('not now')) } };
    const handle = await begin();
    await until(handle, () => calls.some((call) => call.startsWith('draft')));
    await stopped(handle, way);
  });

  test.each(['signal', 'cancel'])('a stop by %s ends it where it is halted', async (way) => {
    here.play = { agents: { reviewer: () => failed('no', { retry: false }) } };
    const handle = await begin();
    await until(handle, isHalted);
    await handle.signal(resume);
    await stopped(handle, way);
  });

  async function stopped(handle: Handle, way: string): Promise<void> {
    if (way === 'cancel') await handle.cancel();
    else await handle.signal(stop, { reason: 'enough' });
    expect(await finished(handle)).toMatchObject({ status: 'stopped', waiting: null });
    expect(calls).toContain('cleared 1');
    expect(calls).toContain('release feature/issue-1');
  }
});
