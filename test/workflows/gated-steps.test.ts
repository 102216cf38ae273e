import { describe, expect, test } from '@jest/globals';
import { stuckActivities } from '../../src/client/watch.ts';
import type { EntryPhase } from '../../src/domain/gated/transitions.ts';
import { halt, resumeGated, stop } from '../../src/workflows/messages.ts';
import { bugInput } from './bug-support.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, away, commitOf, isState, type Play, roles, shown, timed } from './gated-support.ts';
import { anew, flags, goOn, probe } from './resumptions.ts';
import { finished, type Handle, isHalted, start, until } from './support.ts';

// A minute of these runs takes six seconds, see changed/brisk.ts.

const here = gatedStage({ change: 'brisk' });
const { begin, calls } = here;

/** Until a step of it is tried again; answers what is known of that. */
async function waiting({ workflowId }: Handle) {
  for (;;) {
    const stuck = await stuckActivities(here.stage.env.client, workflowId);
    if (stuck.length > 0) return stuck;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const allRoles = ['implementer 1', 'reviewer 1', 'auditor 1'];
const pushes = () => calls.filter((call) => call.startsWith('push '));

/** What is away, and the phase that a run which waits for it is in. */
const places: [string, EntryPhase, Play][] = [
  ['its branch is made ready', 'INIT', { host: { openTarget: away } }],
  ['a prompt is written', 'IMPLEMENT', { host: { writePrompt: away } }],
  [
    'the prompt of a gate is written',
    'REVIEW',
    { host: { writePrompt: (_run, { role }) => (role.name === 'reviewer' ? away() : Promise.resolve(ready)) } },
  ],
  ['a cycle is recorded', 'IMPLEMENT', { host: { lookAtBranch: away } }],
];
const ready = { kind: 'ready', file: '/p/1', length: 1, sha256: '' } as const;

describe('while nobody answers', () => {
  test.each(places)(
    'as %s, a halt does not wait, and a resume goes on there',
    async (_when, phase, missing) => {
      here.play = missing;
      const handle = await begin();
      await waiting(handle);
      await handle.signal(halt, { reason: 'lunch' });
      const state = await until(handle, isHalted);
      expect(shown(state).run).toMatchObject({ state: 'HALTED', phase, halt: { reason: 'lunch' } });
      expect(shown(state)).toMatchObject({ circuit_breaker: { state: 'CLOSED', history: [] } });
      const before = roles(calls);
      here.play = {};
      await handle.executeUpdate(resumeGated, goOn);
      const { run } = shown(await finished(handle));
      expect(run).toMatchObject({ state: 'JACKED_OUT', cycles: { current: 1 } });
      // No gate was passed by being cut: each has judged, once.
      expect(roles(calls).slice(before.length)).toEqual(phase === 'REVIEW' ? allRoles.slice(1) : allRoles);
    },
    30_000,
  );

  test.each(places)(
    'as %s, the time opens the breaker, and a probe goes on there',
    async (_when, phase, missing) => {
      here.play = missing;
      const handle = await begin(timed);
      const state = await until(handle, isHalted);
      expect(shown(state).run).toMatchObject({
        state: 'HALTED',
        phase,
        halt: { reason: expect.stringMatching(/^timeout: /) },
      });
      expect(shown(state).circuit_breaker).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }] });
      expect(state.warnings).toContainEqual(expect.stringMatching(/^not waited for any longer: /));
      await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
      const before = roles(calls);
      here.play = {};
      await handle.executeUpdate(resumeGated, probe);
      expect(shown(await finished(handle)).run).toMatchObject({ state: 'JACKED_OUT', cycles: { current: 1 } });
      expect(roles(calls).slice(before.length)).toEqual(phase === 'REVIEW' ? allRoles.slice(1) : allRoles);
    },
    30_000,
  );

  test('people see what it waits for, and no more once it goes on', async () => {
    here.play = { host: { writePrompt: away } };
    const handle = await begin();
    const state = await until(handle, ({ waiting }) => waiting !== null);
    expect(state.waiting).toEqual({ reason: 'the step “prompt of the implementer”', until: null });
    expect(await waiting(handle)).toMatchObject([{ name: 'writePrompt', problem: 'nobody answers' }]);
    here.play = {};
    expect((await finished(handle)).waiting).toBeNull();
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  }, 40_000);

  test.each([
    ['stop', stop, {}],
    ['halt by force', halt, { force: true }],
  ] as const)('a %s is heard at once', async (_name, signal, how) => {
    here.play = { host: { writePrompt: away } };
    const handle = await begin();
    await waiting(handle);
    await handle.signal(signal, { reason: 'now', ...how });
    await until(handle, ({ status }) => status === (signal === stop ? 'stopped' : 'halted'), 3_000);
    if (signal === stop) return;
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  });

  test('what ends in a moment is let end by a halt: its cycle is recorded', async () => {
    let asked = 0;
    here.play = {
      host: {
        lookAtBranch: async () => {
          asked += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
          return null as never;
        },
      },
    };
    const handle = await begin();
    await until(handle, () => asked === 1);
    await handle.signal(halt, { reason: 'lunch' });
    const { run } = shown(await until(handle, isHalted));
    expect(run.cycles.history).toMatchObject([{ phase: 'IMPLEMENT', files_changed: 1 }]);
    await handle.signal(stop, { reason: 'enough' });
    await finished(handle);
  });
});

describe('the approved commit, while the remote does not answer', () => {
  test.each([
    ['a reset', anew],
    ['a probe', probe],
  ])(
    'halts the run when the time is over, is pushed when it answers; after %s no role is called',
    async (_how, how) => {
      here.play = { host: { pushBranch: away } };
      const handle = await begin(timed);
      const state = await until(handle, isState('HALTED'));
      expect(shown(state).circuit_breaker).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }] });
      expect(shown(state).run.completion.pushed).toBe(false);
      // It shows that it is halted, although its work has not left this machine yet.
      await until(handle, isHalted);
      here.play = {};
      const delivered = await until(handle, (each) => shown(each).run.completion.pushed, 30_000);
      expect(delivered.status).toBe('halted');
      await handle.executeUpdate(resumeGated, how);
      const end = shown(await finished(handle));
      expect(end.circuit_breaker.state).toBe('CLOSED');
      expect(end.run).toMatchObject({ state: 'JACKED_OUT', completion: { pushed: true, pr_created: true } });
      expect(new Set(pushes())).toEqual(new Set([`push ${commitOf(1)}`]));
      expect(roles(calls)).toEqual(allRoles);
    },
    60_000,
  );

  test('a halt does not wait for it either; a resume pushes it', async () => {
    here.play = { tracker: { openDraft: away } };
    const handle = await begin();
    await waiting(handle);
    await handle.signal(halt, { reason: 'lunch' });
    expect(shown(await until(handle, isState('HALTED'))).run.halt?.reason).toBe('lunch');
    here.play = {};
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.completion).toMatchObject({ pushed: true, pr_created: true });
    expect(roles(calls)).toEqual(allRoles);
  }, 30_000);
});

test('a workspace that nobody answers for does not keep a run from showing that it is halted', async () => {
  here.play = {
    agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never },
    host: { commitPending: away },
  };
  const handle = await begin();
  const state = await until(handle, isHalted);
  expect(state.warnings).toContain('what lies in the workspace could not be committed: its host does not answer');
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
}, 30_000);

test('a remote that cannot be asked does not keep a run from being resumed', async () => {
  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const handle = await begin();
  await until(handle, isHalted);
  here.play = { host: { comparePosition: away } };
  expect(await handle.executeUpdate(resumeGated, goOn)).toEqual({ breaker: 'keep' });
  const { warnings, gated } = await finished(handle);
  expect(warnings).toContainEqual(expect.stringMatching(/although the remote did not say where it stands there$/));
  expect(gated?.run.state).toBe('JACKED_OUT');
}, 30_000);

test('who is refused after the remote was asked is not told that the run goes on', async () => {
  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const handle = await begin();
  await until(handle, isHalted);
  let audited = () => {};
  const auditing = new Promise<void>((resolve) => {
    audited = resolve;
  });
  here.play = {
    agents: { auditor: () => auditing.then(() => answered('audit')) },
    host: { comparePosition: away },
  };
  const slow = expect(handle.executeUpdate(resumeGated, goOn)).rejects.toMatchObject({
    cause: { message: 'the run is not halted: it is RUNNING' },
  });
  await until(handle, () => calls.includes('compare'));
  await handle.executeUpdate(resumeGated, { args: [{ flags: { ...flags, force: true } }] });
  await slow;
  audited();
  expect((await finished(handle)).warnings).not.toContainEqual(expect.stringContaining('although the remote'));
}, 30_000);

describe('a bug whose triage waits', () => {
  test.each(['openBug', 'weighTriage'] as const)(
    'for %s: a halt does not wait, a resume goes on',
    async (name) => {
      here.play = { host: { [name]: away } };
      const handle = await start(here.stage, bugInput(here.stage));
      await waiting(handle);
      await handle.signal(halt, { reason: 'lunch' });
      expect(shown(await until(handle, isHalted)).bug).toMatchObject({ state: 'HALTED' });
      here.play = {};
      await handle.executeUpdate(resumeGated, goOn);
      expect(shown(await finished(handle)).bug?.state).toBe('COMPLETED');
    },
    30_000,
  );

  test('the time opens its breaker', async () => {
    here.play = { host: { openBug: away } };
    const handle = await start(here.stage, bugInput(here.stage, timed));
    const state = await until(handle, isHalted);
    expect(shown(state).circuit_breaker).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }] });
    expect(shown(state).run.branch).toMatch(/^bugfix/);
    here.play = {};
    await handle.executeUpdate(resumeGated, probe);
    expect(shown(await finished(handle)).bug?.state).toBe('COMPLETED');
  }, 30_000);
});
