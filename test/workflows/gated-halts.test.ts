import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { answer, halt, resume, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, commitOf, implemented, isState, oneFile, roles, shown, untilEnded } from './gated-support.ts';
import { goOn } from './resumptions.ts';
import { finished, until } from './support.ts';

const here = gatedStage();
const { begin, calls } = here;

/** Something that a test lets happen. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
const drafts = () => calls.filter((call) => call.startsWith('draft'));
const refusal = (type: string) => ApplicationFailure.create({ type, message: `no: ${type}`, nonRetryable: true });

describe('a halt by a person', () => {
  test('C116 finishes the phase, leaves an incomplete draft, and a resume enters the phase again', async () => {
    const working = gate();
    here.play = { agents: { implementer: async ({ n }) => working.opened.then(() => implemented(n)) } };
    const handle = await begin();
    await until(handle, () => calls.includes('implementer 1'));
    await handle.signal(halt, { reason: 'lunch' });
    working.open();
    const state = await until(handle, (each) => each.status === 'halted');
    expect(shown(state).run).toMatchObject({ state: 'HALTED', halt: { reason: 'lunch' } });
    expect(calls).not.toContain('end 1');
    expect(drafts()).toEqual(['draft [INCOMPLETE] Run Mode: issue-1']);
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run).toMatchObject({ state: 'JACKED_OUT' });
    expect(shown(await finished(handle)).run).not.toHaveProperty('halt');
    expect(roles(calls)).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  });

  test('C116 with force cuts the phase, and the draft of what was made is opened all the same', async () => {
    here.play = {
      agents: { implementer: (turn) => (turn.n === 1 ? untilEnded(turn) : implemented(turn.n)) },
      host: { commitPending: async () => ({ commit: commitOf(77) }) },
    };
    const handle = await begin();
    await until(handle, () => calls.includes('implementer 1'));
    await handle.signal(halt, { reason: 'now', force: true });
    const state = await until(handle, (each) => each.status === 'halted');
    expect(state.warnings).toEqual([]);
    expect(calls).toContain('end 1');
    expect(calls).toContain(`push ${commitOf(77)}`);
    expect(drafts()).toEqual(['draft [INCOMPLETE] Run Mode: issue-1']);
    // What the wip commit holds is what the run shows.
    expect(shown(state).run.metrics).toMatchObject({ commits: 1, files_changed: 1 });
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });

  test('C115 a second one while the run is halted changes nothing, with force or without', async () => {
    here.play = { agents: { reviewer: () => ({ ...answered('review'), tampered: true }) as never } };
    const handle = await begin();
    const before = await until(handle, (state) => state.status === 'halted');
    await handle.signal(halt, { reason: 'again', force: true });
    await handle.signal(halt, { reason: 'again' });
    expect((await until(handle, () => true)).halt).toEqual(before.halt);
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  });

  test('reaches the run while its branch is made ready: forced, it halts there and INIT restarts', async () => {
    const ready = gate();
    here.play = { host: { openTarget: async () => ready.opened.then(() => null as never) } };
    const handle = await begin();
    await until(handle, () => calls.includes('open'));
    await handle.signal(halt, { reason: 'now', force: true });
    const state = await until(handle, (each) => each.status === 'halted');
    ready.open();
    expect(shown(state).run).toMatchObject({ state: 'HALTED', phase: 'INIT', halt: { reason: 'now' } });
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  });

  test('reaches the run while it delivers: forced, it halts there, and a resume pushes without any role', async () => {
    here.play = {
      tracker: {
        openDraft: () => Promise.reject(new Error('the tracker does not answer')),
      },
    };
    const handle = await begin();
    await until(handle, () => drafts().length > 0);
    await handle.signal(halt, { reason: 'now', force: true });
    await until(handle, isState('HALTED'));
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  });
});

describe('a halted run', () => {
  test('A5 a push that is refused for good halts it, and a resume pushes without calling a role again', async () => {
    here.play = { host: { pushBranch: () => Promise.reject(refusal('PushRefused')) } };
    const handle = await begin();
    const state = await until(handle, (each) => each.status === 'halted');
    expect(shown(state).run.halt?.reason).toContain('no: PushRefused');
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.completion).toMatchObject({ pushed: true, pr_created: true });
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  });

  test('hears a resume that comes while its draft is still being made', async () => {
    here.play = {
      agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never },
      tracker: { openDraft: () => Promise.reject(new Error('the tracker does not answer')) },
    };
    const handle = await begin();
    await until(handle, () => drafts().length > 0);
    expect((await until(handle, isState('HALTED'))).status).toBe('running');
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  });

  test('the work that was pending at a halt counts for its cycle, which is none without progress', async () => {
    here.play = {
      agents: {
        implementer: (turn) => (turn.n === 1 ? untilEnded(turn) : ({ ...implemented(77), files: 0 } as never)),
      },
      host: {
        commitPending: async () => ({ commit: commitOf(77) }),
        lookAtBranch: async (_run, { since }) => ({ ...oneFile, changed: since === commitOf(77) ? 0 : 3 }),
      },
    };
    const handle = await begin();
    await until(handle, () => calls.includes('implementer 1'));
    await handle.signal(halt, { reason: 'now', force: true });
    await until(handle, (each) => each.status === 'halted');
    await handle.executeUpdate(resumeGated, goOn);
    const { run, circuit_breaker } = shown(await finished(handle));
    expect(run.cycles.history[0]).toEqual({ cycle: 1, phase: 'IMPLEMENT', findings: 0, files_changed: 3 });
    expect(circuit_breaker.triggers.no_progress.count).toBe(0);
  });

  test('what a gate has changed in the workspace is reviewed before it is audited again', async () => {
    here.play = {
      agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never },
      host: { commitPending: async () => ({ commit: commitOf(77) }) },
    };
    const handle = await begin();
    await until(handle, (state) => state.status === 'halted');
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    await finished(handle);
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1', 'reviewer 1', 'auditor 1']);
  });

  test('a plain resume signal does not open a closed way: the breaker says how', async () => {
    here.play = { agents: { reviewer: ({ n }) => answered('review', [`r${n}`]) } };
    const handle = await begin({ options: { max_cycles: 1 } });
    await until(handle, (state) => state.status === 'halted');
    await handle.signal(resume);
    const state = await until(handle, ({ warnings }) => warnings.some((each) => each.startsWith('not resumed')));
    expect(state.status).toBe('halted');
    expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1']);
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });

  test('a question of its halt is gone with the resume, and so is what it was waiting for', async () => {
    const working = gate();
    here.play = {
      agents: {
        auditor: ({ n }) =>
          n === 1 ? ({ ...answered('audit'), tampered: true } as never) : working.opened.then(() => answered('audit')),
      },
    };
    const handle = await begin({ options: { push_mode: 'PROMPT' } });
    await until(handle, (state) => shown(state).question !== null && state.status === 'halted', 30_000);
    await handle.executeUpdate(resumeGated, goOn);
    const state = await until(handle, isState('RUNNING'));
    expect(state.waiting).toBeNull();
    expect(shown(state).question).toBeNull();
    working.open();
    await until(handle, (each) => shown(each).question?.number === 2);
    // Said to the first one, it is no answer to this one, which has the same words.
    const late = handle.executeUpdate(answer, { args: [{ value: 'push', question: 1 }] });
    await expect(late).rejects.toMatchObject({ cause: { message: 'question 1 is not open: the run asks question 2' } });
    await handle.executeUpdate(answer, { args: [{ value: 'keep', question: 2 }] });
    expect(shown(await finished(handle)).run.completion.skipped_reason).toBe('user_declined');
  }, 40_000);
});
