import { beforeEach, expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/run.ts';
import { halt, resume, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, implemented, oneFile, type Play, untilEnded } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { anew, goOn } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

/** The issue whose first label is slow to come. */
let held: { readonly issue: number; readonly released: Promise<void> } | null = null;
const here = gatedStage({
  tracker: {
    async markStarted(_run, { issue }) {
      if (issue === held?.issue) await held.released;
    },
  },
});
const { calls, drafts } = here;

beforeEach(() => {
  held = null;
});

const pushed = () => calls.filter((call) => call.startsWith('push '));
const statusOf = (state: RunState) => state.plan?.plan.sprints.list.map(({ status }) => status);

/** A plan that a person halts when its n-th sprint is complete, and waits for a label alone: too late for that sprint. */
async function haltedAsItEnds(n: number, shape: Parameters<typeof planInput>[2] = {}) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  held = { issue: n, released };
  const handle = await start(here.stage, planInput(here.stage, {}, shape));
  await until(handle, ({ plan }) => {
    const { target, state } = plan?.current?.run ?? {};
    return target === `sprint-${n}` && state === 'COMPLETE';
  });
  await handle.signal(halt, { reason: 'night' });
  release();
  return { handle, state: await until(handle, isHalted) };
}

test('a halt between two sprints leaves the next one as it is', async () => {
  const { handle, state } = await haltedAsItEnds(1);
  expect(statusOf(state)).toEqual(['completed', 'pending']);
  expect(state.plan).toMatchObject({
    plan: { state: 'HALTED', failure: { sprint: 'sprint-2', reason: 'night' }, metrics: { total_cycles: 1 } },
    current: null,
  });
  expect(drafts.at(-1)?.body).toMatch(/## Remaining Sprints\n+- sprint-2\n/);
  await handle.executeUpdate(resumeGated, goOn);
  const end = await finished(handle);
  expect(statusOf(end)).toEqual(['completed', 'completed']);
  expect(end.plan?.current?.run.target).toBe('sprint-2');
}, 30_000);

test('a halt that comes as the last sprint ends keeps the plan from pushing, until it is resumed', async () => {
  const { handle, state } = await haltedAsItEnds(2);
  expect(statusOf(state)).toEqual(['completed', 'completed']);
  expect(state.plan?.plan.state).toBe('HALTED');
  expect(pushed()).toEqual([]);
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  expect(pushed()).toHaveLength(1);
}, 30_000);

test('a halt that comes as a sprint ends keeps its own draft from being opened, until the plan is resumed', async () => {
  const { handle } = await haltedAsItEnds(1, { consolidate: false });
  expect([...pushed(), ...drafts]).toEqual([]);
  await handle.executeUpdate(resumeGated, goOn);
  await finished(handle);
  expect(drafts.map(({ title }) => title)).toEqual([1, 2].map((n) => `Run Mode: sprint-${n} implementation`));
}, 30_000);

test('the draft of a halted plan shows what its sprint has deleted so far, and not what that one has made again', async () => {
  const changes = [
    { ...oneFile, deleted: ['kept-out.ts', 'old.ts'] },
    { ...oneFile, deleted: ['older.ts'], added: ['old.ts'] },
  ];
  here.play = {
    agents: {
      auditor: () => (changes.length > 0 ? answered('audit') : ({ ...answered('audit'), tampered: true } as never)),
    },
    host: { lookAtBranch: async () => changes.shift() ?? oneFile },
  };
  const handle = await start(here.stage, planInput(here.stage));
  await until(handle, isHalted);
  const shown = () => drafts.at(-1)?.body ?? '';
  const listed = () =>
    shown()
      .split('\n')
      .filter((line) => line.includes(', cycle '));
  const both = ['kept-out.ts (sprint-1, cycle 1)', 'older.ts (sprint-2, cycle 1)'];
  expect(listed()).toEqual(both);
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  await finished(handle);
  expect(listed()).toEqual(both);
}, 30_000);

const tampering: Play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };

test('the time for which a sprint is halted is left out of the plan’s once', async () => {
  here.play = tampering;
  const handle = await start(here.stage, planInput(here.stage));
  const began = Date.now();
  await until(handle, isHalted);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  const excludedMs = (await finished(handle)).plan?.excludedMs ?? 0;
  expect(excludedMs).toBeGreaterThan(2_900);
  expect(excludedMs).toBeLessThan(Date.now() - began);
}, 30_000);

test('a reset after a timeout lets the time of the whole plan begin anew', async () => {
  here.play = { agents: { implementer: (turn) => (turn.n === 1 ? untilEnded(turn) : implemented(turn.n)) } };
  const handle = await start(here.stage, planInput(here.stage, { options: { timeout_hours: 5 / 3600 } }));
  await until(handle, isHalted);
  here.play = {};
  await handle.executeUpdate(resumeGated, anew);
  const { plan } = await finished(handle);
  expect(plan?.plan.state).toBe('JACKED_OUT');
  expect(plan?.current?.run.target).toBe('sprint-2');
  expect((plan?.current?.circuit_breaker.triggers.timeout.limit_hours ?? 0) * 3600).toBeGreaterThan(1.5);
}, 30_000);

test('a plain resume of a sprint by itself does not pass its open breaker', async () => {
  here.play = { agents: { reviewer: () => answered('review', ['secret']) } };
  const handle = await start(here.stage, planInput(here.stage));
  expect((await until(handle, isHalted)).plan?.current?.circuit_breaker.state).toBe('OPEN');
  const sprint = here.stage.env.client.workflow.getHandle(`${handle.workflowId}/sprint-1`);
  await sprint.signal(resume);
  const state = await until(sprint as typeof handle, ({ warnings }) => warnings.length > 0);
  expect(state.warnings).toEqual(['not resumed: its plan lets it go on']);
  expect(state.status).toBe('halted');
  await handle.signal(stop, { reason: 'enough' });
  await finished(handle);
}, 30_000);
