import { expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/run.ts';
import { halt, resumeGated } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { away, type Change, oneFile, roles } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { anew, goOn, probe } from './resumptions.ts';
import { finished, type Handle, isHalted, start, until } from './support.ts';

// A minute of these runs takes six seconds, see changed/brisk.ts.

const here = gatedStage({ change: 'brisk' });
const { calls } = here;

/** Ten seconds of ours. */
const short: Change = { options: { timeout_hours: 100 / 3600 } };
const drafts = () => calls.filter((call) => call.startsWith('draft '));
const breakerOf = ({ plan }: RunState) => plan?.current?.circuit_breaker;
const open = { state: 'OPEN', history: [{ trigger: 'timeout' }] };
const asked = (handle: Handle, call: string) => until(handle, () => calls.some((each) => each.startsWith(call)));

test('a sprint whose step is not answered halts the plan when its time is over, and goes on there', async () => {
  here.play = {
    host: { writePrompt: (_run, { role }) => (role.name === 'reviewer' ? away() : Promise.resolve(ready)) },
  };
  const handle = await start(here.stage, planInput(here.stage, short));
  const state = await until(handle, isHalted, 25_000);
  expect(state.plan?.plan).toMatchObject({ state: 'HALTED', failure: { sprint: 'sprint-1' } });
  expect(breakerOf(state)).toMatchObject(open);
  here.play = {};
  await handle.executeUpdate(resumeGated, anew);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  const cycle = ['reviewer 1', 'auditor 1'];
  expect(roles(calls)).toEqual(['implementer 1', ...cycle, 'implementer 1', ...cycle]);
}, 60_000);
const ready = { kind: 'ready', file: '/p/1', length: 1, sha256: '' } as const;

test('the draft of one sprint that is not answered halts the plan when its time is over; a reset opens it and goes on', async () => {
  here.play = { tracker: { openDraft: away } };
  const handle = await start(here.stage, planInput(here.stage, short, { consolidate: false }));
  await asked(handle, 'draft ');
  const state = await until(handle, isHalted, 25_000);
  expect(state.plan?.plan).toMatchObject({
    state: 'HALTED',
    failure: { sprint: 'sprint-1', reason: expect.stringMatching(/^timeout: /) },
    sprints: { completed: 1 },
  });
  expect(breakerOf(state)).toMatchObject(open);
  await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
  here.play = {};
  calls.length = 0;
  await handle.executeUpdate(resumeGated, anew);
  const end = await finished(handle);
  expect(end.plan?.plan).toMatchObject({ state: 'JACKED_OUT', sprints: { completed: 2 } });
  expect(end.plan?.plan).not.toHaveProperty('failure');
  expect(drafts()).toEqual([1, 2].map((n) => `draft Run Mode: sprint-${n} implementation`));
}, 60_000);

test('its last push that is not answered halts it when its time is over; a probe lets it push, and closes the breaker', async () => {
  here.play = { host: { pushBranch: away } };
  const handle = await start(here.stage, planInput(here.stage, short));
  await asked(handle, 'push ');
  const state = await until(handle, isHalted, 25_000);
  expect(state.plan?.plan).toMatchObject({ state: 'HALTED', sprints: { completed: 2 } });
  expect(breakerOf(state)).toMatchObject(open);
  const worked = roles(calls).length;
  here.play = {};
  await handle.executeUpdate(resumeGated, probe);
  const end = await finished(handle);
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  expect(breakerOf(end)?.state).toBe('CLOSED');
  expect(drafts()).toHaveLength(1);
  expect(roles(calls)).toHaveLength(worked);
}, 60_000);

test('a halt does not wait for the list of its commits; a resume goes on there', async () => {
  here.play = {
    host: {
      async lookAtBranch(_run, { commit, since }) {
        if (since !== commit) return oneFile;
        calls.push('commits');
        return away();
      },
    },
  };
  const handle = await start(here.stage, planInput(here.stage));
  await asked(handle, 'commits');
  await handle.signal(halt, { reason: 'lunch' });
  const state = await until(handle, isHalted, 25_000);
  expect(state.plan?.plan).toMatchObject({ state: 'HALTED', failure: { reason: 'lunch' } });
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
}, 60_000);

test('with no sprint begun yet, it shows its own breaker that has opened; a reset goes on', async () => {
  const { plan, ...rest } = planInput(here.stage, short);
  if (!plan) throw new Error('this is no plan');
  const left = { cycles: 1, files_changed: 1, findings_fixed: 0, issues: [1], began: null, commit: 'c'.repeat(40) };
  const none = { commits: 1, notes: [], gates: [], drafted: false, deletions: [], restored: [], tests: [] };
  const earlier = [{ id: 'sprint-1', digest: 'x', completed: true, ...left, ...none }];
  here.play = { host: { findCommits: away } };
  const handle = await start(here.stage, { ...rest, plan: { ...plan, earlier } });
  const state = await until(handle, isHalted, 25_000);
  expect(state.plan).toMatchObject({ current: null, breaker: open, plan: { failure: { sprint: 'sprint-1' } } });
  await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
  here.play = {};
  await handle.executeUpdate(resumeGated, anew);
  const end = await finished(handle);
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  expect(end.plan).not.toHaveProperty('breaker');
}, 60_000);
