import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { resumeGated } from '../../src/workflows/messages.ts';
import { openChangedStage } from './changed-stage.ts';
import { gatedInput, gatedScript, type Play, roles } from './gated-support.ts';
import { goOn, planInput, probe } from './plan-support.ts';
import { type Calls, finished, type Stage, start, until } from './support.ts';

// A minute of these runs takes six seconds, see changed/brisk.ts.

const calls: Calls = [];
let play: Play = {};
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openChangedStage(
    'brisk',
    gatedScript(() => play, calls),
    calls,
  );
  stage = opened.stage;
  close = opened.close;
}, 60_000);

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  play = {};
});

const away = () => Promise.reject(new Error('nobody answers'));
const refused = () => Promise.reject(ApplicationFailure.nonRetryable('not like this', 'PushRefused'));
const breakerOf = ({ gated, plan }: RunState) => (gated ?? plan?.current)?.circuit_breaker;
const stateOf = ({ gated, plan }: RunState) => (gated?.run ?? plan?.plan)?.state;

const runs: [string, string, () => RunInput][] = [
  ['a target', 'gate_error: not like this', () => gatedInput(stage, { options: { timeout_hours: 40 / 3600 } })],
  ['a plan', 'not like this', () => planInput(stage, { options: { timeout_hours: 100 / 3600 } })],
];

test.each(runs)(
  'a probe of %s whose push is refused has failed: another one is needed, and closes the breaker',
  async (_what, why, input) => {
    play = { host: { pushBranch: away } };
    const handle = await start(stage, input());
    await until(handle, ({ status }) => status === 'halted', 25_000);
    const worked = roles(calls).length;
    play = { host: { pushBranch: refused } };
    await handle.executeUpdate(resumeGated, probe);
    const state = await until(handle, ({ status, halt }) => status === 'halted' && halt?.reason === why);
    const failed = { trigger: 'timeout', reason: 'the probe failed: not like this' };
    expect(breakerOf(state)).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }, failed] });
    play = {};
    await expect(handle.executeUpdate(resumeGated, goOn)).rejects.toThrow();
    await handle.executeUpdate(resumeGated, probe);
    const end = await finished(handle);
    expect(stateOf(end)).toBe('JACKED_OUT');
    expect(breakerOf(end)?.state).toBe('CLOSED');
    expect(roles(calls)).toHaveLength(worked);
  },
  60_000,
);
