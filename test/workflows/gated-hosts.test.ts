import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { RunInput } from '../../src/domain/run.ts';
import { hostQueue, resumeGated, stop } from '../../src/workflows/messages.ts';
import { createWorker } from '../support/temporal.ts';
import { gatedStage } from './gated-stage.ts';
import {
  answered,
  base,
  type Change,
  commitOf,
  gatedInput,
  gatedScript,
  isState,
  oneFile,
  roles,
  shown,
} from './gated-support.ts';
import { planAgain, planInput, recordsOf } from './plan-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, scripted, start, until } from './support.ts';

const here = gatedStage({ fleet: true });
const { calls } = here;

const remote: Partial<RunInput> = { source: { kind: 'remote', url: 'https://tracker.test/test/test.git' } };
/** A host that takes no step for 1.2 s is lost. */
const lostSoon: Change = { agent: { hostLostMinutes: 0.02 }, input: remote };
const begin = (change: Change = {}) => here.begin({ ...lostSoon, ...change });
const gone = () => `gone-${randomUUID().slice(0, 8)}`;

/** A host that is cut off when the call comes. */
async function shortLived(lastCall: string) {
  const hostId = gone();
  const activities = scripted(
    gatedScript(() => here.play, calls),
    calls,
  );
  const cut = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      const result = await (activity as (...all: unknown[]) => Promise<unknown>)(...args);
      if (!calls.includes(lastCall)) return result;
      host.shutdown();
      throw new Error('the power is cut');
    },
  ]);
  const host = await createWorker(here.stage.env, Object.fromEntries(cut), { taskQueue: hostQueue(hostId) });
  const running = host.run();
  here.claims.unshift(() => hostId);
  return { running };
}

test('A12 a host that is lost before the branch is ready is replaced by the next one', async () => {
  here.claims.unshift(gone);
  const state = await finished(await begin());
  expect(shown(state).run).toMatchObject({ state: 'JACKED_OUT', cycles: { current: 1 } });
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
}, 30_000);

test('A12 a host that is lost while it implements: the phase begins again at the next one, and no cycle counts twice', async () => {
  const { running } = await shortLived('implementer 1');
  const { run, circuit_breaker } = shown(await finished(await begin()));
  await running;
  expect(roles(calls)).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  expect(run).toMatchObject({ state: 'JACKED_OUT', cycles: { current: 1 } });
  expect(run.cycles.history.map(({ cycle, phase }) => `${phase} ${cycle}`)).toEqual([
    'IMPLEMENT 1',
    'REVIEW 1',
    'AUDIT 1',
  ]);
  expect(circuit_breaker.triggers.cycle_count.current).toBe(1);
}, 30_000);

test('A12 a host that is lost after a cycle was pushed: another one goes on from there, with the phase that was cut', async () => {
  const asked: (string | null)[] = [];
  here.play = {
    agents: { reviewer: () => answered('review') },
    host: {
      openTarget: async (_run, { startCommit, resuming, task }) => {
        asked.push(startCommit);
        const workspace = { branch: task.branch } as never;
        return { workspace, startCommit: resuming || asked.length === 1 ? (startCommit ?? base) : commitOf(1) };
      },
    },
  };
  const { running } = await shortLived('reviewer 1');
  const state = await finished(await begin());
  await running;
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
  expect(calls.filter((call) => call.startsWith('push'))).toEqual([`push ${commitOf(1)}`, `push ${commitOf(1)}`]);
  expect(shown(state).run.state).toBe('JACKED_OUT');
}, 30_000);

test('A12 a host that is lost with work that may not be pushed: it is implemented again before anybody reviews it', async () => {
  const { running } = await shortLived('reviewer 1');
  const handle = await begin({ options: { push_mode: 'LOCAL' } });
  const { run } = shown(await finished(handle));
  await running;
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  expect(run.cycles.current).toBe(1);
}, 30_000);

test('a sprint whose host is lost halts where the one before it has not come to the next host: no agent starts there', async () => {
  const asked: (string | undefined)[] = [];
  const refusal = ApplicationFailure.create({
    type: 'WorkspaceBroken',
    message: 'it is not here',
    nonRetryable: true,
    details: [{ remedy: 'bring it' }],
  });
  here.play = {
    host: {
      openTarget: async (_run, { builtOn }) => {
        asked.push(builtOn);
        if (asked.length > 1) throw refusal;
        return null as never;
      },
    },
  };
  const { running } = await shortLived('implementer 1');
  const input = gatedInput(here.stage, { ...lostSoon, options: { push_mode: 'LOCAL' } });
  if (!input.gated) throw new Error('this is no gated run');
  const handle = await start(here.stage, { ...input, gated: { ...input.gated, builtOn: commitOf(50) } });
  const state = await until(handle, isHalted);
  await running;
  expect(shown(state).run.halt?.reason).toBe('gate_error: it is not here; bring it');
  expect(asked).toEqual([commitOf(50), commitOf(50)]);
  expect(roles(calls)).toEqual(['implementer 1']);
  await handle.signal(stop, { reason: 'enough' });
  await finished(handle);
}, 30_000);

test('a plan that opens the drafts of sprints before it keeps its host until then, and leaves it to the next sprint', async () => {
  const each = { consolidate: false };
  const first = await finished(await start(here.stage, planInput(here.stage, lostSoon, { ...each, count: 1 })));
  const earlier = recordsOf(first).map((record) => ({ ...record, drafted: false }));
  calls.length = 0;
  await finished(await start(here.stage, planAgain(here.stage, earlier, lostSoon, each)));
  const steps = calls
    .map((call) => call.split(' ')[0])
    .filter((call) => /^(find|push|draft|leave|open)/.test(`${call}`));
  expect(steps.slice(0, 5)).toEqual(['find', 'push', 'draft', 'leave', 'open']);
}, 30_000);

test('A12 a host that is lost while the run is halted and compares: the resume is answered, and the run goes on', async () => {
  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const { running } = await shortLived('compare');
  const handle = await begin();
  await until(handle, isHalted);
  here.play = {};
  expect(await handle.executeUpdate(resumeGated, goOn)).toEqual({ breaker: 'keep' });
  expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  await running;
}, 40_000);

test('A12 a host that is lost as its pending work is to be committed does not keep the run from halting', async () => {
  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const { running } = await shortLived('pending');
  const handle = await begin();
  const state = await until(handle, isState('HALTED'), 20_000);
  expect(state.warnings.some((each) => each.includes('could not be committed: the host'))).toBe(true);
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
  await running;
}, 40_000);

test('A12 a fleet that loses five hosts needs a person: the run halts', async () => {
  here.claims = [gone];
  const handle = await begin();
  const state = await until(handle, isState('HALTED'), 30_000);
  expect(shown(state).run.halt?.reason).toMatch(/^gate_error: the host gone-\w+ was lost$/);
  await handle.signal(stop, { reason: 'enough' });
  expect((await finished(handle)).status).toBe('stopped');
}, 60_000);

/** A plan of one sprint, whose host is cut off as the plan writes its draft: then it looks at no cycle's change. */
async function planLosingItsHost() {
  here.play = {
    host: {
      async lookAtBranch(_run, { commit, since }) {
        if (since === commit) calls.push('commits');
        return oneFile;
      },
    },
  };
  const { running } = await shortLived('commits');
  return { running, handle: await start(here.stage, planInput(here.stage, lostSoon, { count: 1 })) };
}

test('a host that is lost as a plan ends: another one goes on', async () => {
  const { running, handle } = await planLosingItsHost();
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  expect(calls.filter((call) => call.startsWith('draft '))).toHaveLength(1);
  await running;
}, 40_000);

test('a plan that loses five hosts at its end halts, and ends when it is resumed', async () => {
  here.claims = [gone];
  const { running, handle } = await planLosingItsHost();
  const state = await until(handle, isHalted, 40_000);
  expect(state.plan?.plan.state).toBe('HALTED');
  expect(state.halt?.reason).toMatch(/^the host gone-\w+ was lost$/);
  here.claims = [() => here.stage.hostId];
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  await running;
}, 80_000);
