import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { resumeGated, stop } from '../../src/workflows/messages.ts';
import { bugInput } from './bug-support.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, away, gatedInput, roles, timed } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { audited, secret, validating } from './post-pr-support.ts';
import { goOn, probe } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

// A minute of these runs takes six seconds, see changed/brisk.ts.

const here = gatedStage({ change: 'brisk' });
const { calls } = here;

const refused = () => Promise.reject(ApplicationFailure.nonRetryable('not like this', 'PushRefused'));
const breakerOf = ({ gated, plan }: RunState) => (gated ?? plan?.current)?.circuit_breaker;
const stateOf = ({ gated, plan }: RunState) => (gated?.run ?? plan?.plan)?.state;

const runs: [string, string, () => RunInput][] = [
  ['a target', 'gate_error: not like this', () => gatedInput(here.stage, timed)],
  ['a plan', 'not like this', () => planInput(here.stage, { options: { timeout_hours: 100 / 3600 } })],
];

test.each(runs)(
  'a probe of %s whose push is refused has failed: another one is needed, and closes the breaker',
  async (_what, why, input) => {
    here.play = { host: { pushBranch: away } };
    const handle = await start(here.stage, input());
    await until(handle, isHalted, 25_000);
    const worked = roles(calls).length;
    here.play = { host: { pushBranch: refused } };
    await handle.executeUpdate(resumeGated, probe);
    const state = await until(handle, ({ status, halt }) => status === 'halted' && halt?.reason === why);
    const failed = { trigger: 'timeout', reason: 'the probe failed: not like this' };
    expect(breakerOf(state)).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }, failed] });
    here.play = {};
    await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
    await handle.executeUpdate(resumeGated, probe);
    const end = await finished(handle);
    expect(stateOf(end)).toBe('JACKED_OUT');
    expect(breakerOf(end)?.state).toBe('CLOSED');
    expect(roles(calls)).toHaveLength(worked);
  },
  60_000,
);

test('a probe of a bug whose triage halts for something else has failed as well', async () => {
  here.play = { host: { openBug: away } };
  const handle = await start(here.stage, bugInput(here.stage, timed));
  await until(handle, isHalted, 25_000);
  here.play = { agents: { triage: () => answered('review') } };
  await handle.executeUpdate(resumeGated, probe);
  const state = await until(
    handle,
    ({ status, halt }) => status === 'halted' && /^gate_error: /.test(halt?.reason ?? ''),
  );
  const failed = { trigger: 'timeout', reason: expect.stringContaining('the probe failed: the answer of the triage') };
  expect(breakerOf(state)).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }, failed] });
  await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
  await handle.signal(stop, { reason: 'enough' });
  await finished(handle);
}, 60_000);

test('a probe that has delivered has done what it was for, whatever the validation says of its draft then', async () => {
  here.play = { host: { pushBranch: away } };
  const handle = await start(here.stage, gatedInput(here.stage, { ...timed, settings: validating() }));
  await until(handle, isHalted, 25_000);
  here.play = { host: { auditPull: async () => audited(secret) } };
  await handle.executeUpdate(resumeGated, probe);
  const state = await until(handle, ({ status, halt }) => status === 'halted' && /^audit_/.test(halt?.reason ?? ''));
  expect(breakerOf(state)).toMatchObject({ state: 'CLOSED', history: [{ trigger: 'timeout' }] });
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect(stateOf(await finished(handle))).toBe('READY_FOR_HITL');
}, 60_000);
