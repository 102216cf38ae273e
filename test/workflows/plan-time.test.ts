import { expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/run.ts';
import { resumeGated } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { type Change, implemented, untilEnded } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { anew, probe } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();

// Most of it is for all else that a sprint does, on a machine that is slow for a moment.
const seconds = 10;
const secondsOfFirst = 3;
const short: Change = { options: { timeout_hours: seconds / 3600 } };
const timeoutOf = ({ plan }: RunState) => plan?.current?.circuit_breaker.triggers.timeout;
const secondsOf = (state: RunState) => (timeoutOf(state)?.limit_hours ?? 0) * 3600;

/** A plan whose first sprint takes some of its time, and whose second one is over it. */
async function trippedInTheSecond() {
  const slowly = async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, secondsOfFirst * 1000));
    return implemented(n);
  };
  const isFirst = ({ request }: Parameters<typeof untilEnded>[0]) => request.task.issue === 1;
  here.play = { agents: { implementer: (turn) => (isFirst(turn) ? slowly(turn.n) : untilEnded(turn)) } };
  const handle = await start(here.stage, planInput(here.stage, short));
  const state = await until(handle, isHalted, 30_000);
  expect(state.plan).toMatchObject({
    plan: { failure: { sprint: 'sprint-2', reason: 'timeout: the 0.01 h that it had are over' } },
    current: { circuit_breaker: { state: 'OPEN' } },
  });
  expect(secondsOf(state)).toBeLessThanOrEqual(seconds - secondsOfFirst);
  here.play = {};
  return { handle, before: timeoutOf(state) };
}

test.each([
  ['a reset', anew],
  ['a probe that is approved', probe],
])(
  'after a later sprint has tripped, %s gives it the hours of the whole plan',
  async (_how, request) => {
    const { handle, before } = await trippedInTheSecond();
    await handle.executeUpdate(resumeGated, request);
    const end = await finished(handle);
    expect(end.plan).toMatchObject({
      plan: { state: 'JACKED_OUT' },
      current: { circuit_breaker: { state: 'CLOSED' } },
    });
    expect(secondsOf(end)).toBe(seconds);
    expect(timeoutOf(end)?.started).not.toBe(before?.started);
  },
  60_000,
);
