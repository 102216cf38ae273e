import { describe, expect, test } from '@jest/globals';
import { breakerDefaults, newBreaker, open } from '../../../src/domain/gated/breaker.ts';
import {
  decideHalt,
  decideResume,
  type ResumeFacts,
  type ResumeFlags,
  resumedBreaker,
  tripText,
} from '../../../src/domain/gated/halt-resume.ts';
import type { RunStateName } from '../../../src/domain/gated/state.ts';
import { entryPhase, isTerminal, mayMove, moveTo, stateLabels } from '../../../src/domain/gated/transitions.ts';

const now = '2026-11-21T22:00:00.000Z';
const closed = newBreaker(breakerDefaults.sprint, now);
const opened = open(closed, { trigger: 'no_progress', reason: '5 cycles in a row changed nothing' }, now).breaker;
const states = Object.keys(stateLabels) as RunStateName[];

describe('a run goes', () => {
  const listed: readonly (readonly [RunStateName, RunStateName])[] = [
    ['READY', 'JACK_IN'],
    ['JACK_IN', 'RUNNING'],
    ['RUNNING', 'COMPLETE'],
    ['RUNNING', 'HALTED'],
    ['COMPLETE', 'JACKED_OUT'],
    ['COMPLETE', 'READY_FOR_HITL'],
    ['COMPLETE', 'HALTED'],
    ['HALTED', 'RUNNING'],
  ];

  test('only the listed ways', () => {
    const ways = states.flatMap((from) => states.filter((to) => mayMove(from, to)).map((to) => [from, to]));
    expect(ways).toHaveLength(listed.length);
    expect(ways).toEqual(expect.arrayContaining([...listed]));
    expect(moveTo('RUNNING', 'HALTED')).toBe('HALTED');
    expect(() => moveTo('HALTED', 'COMPLETE')).toThrow('a run does not go from HALTED to COMPLETE');
  });

  test('nowhere from its ends', () => {
    expect(states.filter(isTerminal)).toEqual(['JACKED_OUT', 'READY_FOR_HITL']);
  });
});

describe('C115 a halt', () => {
  test.each([null, 'READY', 'JACKED_OUT', 'READY_FOR_HITL'] as const)('of %s is an error', (state) => {
    expect(decideHalt(state, null).kind).toBe('refused');
  });

  test('of a halted run changes nothing, and says how to go on', () => {
    expect(decideHalt('HALTED', 'again')).toEqual({
      kind: 'already',
      message: 'the run is halted already; go on with `locus resume`',
    });
  });

  test.each(['JACK_IN', 'RUNNING', 'COMPLETE'] as const)('of %s takes a reason', (state) => {
    expect(decideHalt(state, ' lunch\n break ')).toEqual({ kind: 'halt', reason: 'lunch break' });
    expect(decideHalt(state, ' ')).toEqual({ kind: 'halt', reason: 'Manual halt' });
    expect(decideHalt(state, null)).toEqual({ kind: 'halt', reason: 'Manual halt' });
  });
});

describe('a resume', () => {
  const branch = 'feature/sprint-5';
  const facts: ResumeFacts = { state: 'HALTED', runBranch: branch, branch, remote: 'equal', breaker: closed };
  const noFlags: ResumeFlags = { reset: false, probe: false, force: false };
  const decide = (change: Partial<ResumeFacts>, flags: Partial<ResumeFlags> = {}) =>
    decideResume({ ...facts, ...change }, { ...noFlags, ...flags });

  test.each([
    [{ state: 'RUNNING' }, 'not_halted', 'the run is not halted: it is RUNNING'],
    [{ state: 'JACKED_OUT' }, 'not_halted', 'it is JACKED_OUT'],
    [{ state: null }, 'no_run', 'there is no gated run'],
    [{ branch: 'feature/x' }, 'branch_mismatch', `the run works on ${branch}, and the branch is feature/x`],
    [{ branch: null }, 'branch_mismatch', 'HEAD is detached'],
    [{ remote: 'remote_ahead' }, 'remote_moved', 'is ahead'],
    [{ remote: 'diverged' }, 'remote_moved', 'has diverged'],
    [{ breaker: opened }, 'breaker_open', `no_progress at ${now}, 5 cycles in a row changed nothing`],
  ] as const)('C118 of %j is refused: %s', (change, because, words) => {
    const decision = decide(change);
    expect(decision).toMatchObject({ kind: 'refused', because });
    expect('message' in decision && decision.message).toContain(words);
  });

  test.each(['absent', 'equal', 'local_ahead'] as const)('C118 with a remote that is %s goes on', (remote) => {
    expect(decide({ remote })).toEqual({ kind: 'resume', breaker: 'keep' });
  });

  test.each(['remote_ahead', 'diverged'] as const)('C118 with a remote that is %s needs force', (remote) => {
    expect(decide({ remote }, { force: true })).toEqual({ kind: 'resume', breaker: 'keep' });
    expect(decide({ remote }, { reset: true, probe: true }).kind).toBe('refused');
  });

  test('forces no state and no branch', () => {
    const all = { reset: true, probe: true, force: true };
    expect(decide({ state: 'RUNNING' }, all)).toMatchObject({ because: 'not_halted' });
    expect(decide({ branch: 'main' }, all)).toMatchObject({ because: 'branch_mismatch' });
  });

  test.each([
    [{ reset: true }, 'reset'],
    [{ reset: true, force: true }, 'reset'],
    [{ reset: true, probe: true }, 'reset'],
    [{ probe: true }, 'probe'],
    [{ force: true }, 'probe'],
  ] as const)('of an open breaker with %j is a %s', (flags, breaker) => {
    expect(decide({ breaker: opened }, flags)).toEqual({ kind: 'resume', breaker });
  });

  test('of a closed breaker probes nothing, and a probe goes on where it was halted', () => {
    expect(decide({}, { probe: true, force: true })).toEqual({ kind: 'resume', breaker: 'keep' });
    expect(decide({ breaker: { ...opened, state: 'HALF_OPEN' } })).toEqual({ kind: 'resume', breaker: 'keep' });
  });

  test('makes of the breaker what was decided', () => {
    expect(resumedBreaker(opened, 'keep', now)).toBe(opened);
    expect(resumedBreaker(opened, 'probe', now).state).toBe('HALF_OPEN');
    expect(resumedBreaker(opened, 'reset', now).state).toBe('CLOSED');
    expect(tripText(undefined)).toBe('nothing is recorded of why');
  });
});

test.each([
  ['INIT', null, 'INIT'],
  ['IMPLEMENT', null, 'IMPLEMENT'],
  ['REVIEW', null, 'REVIEW'],
  ['AUDIT', 'REVIEW', 'AUDIT'],
  ['RATE_LIMITED', 'AUDIT', 'AUDIT'],
  ['RATE_LIMITED', null, 'IMPLEMENT'],
  ['RATE_LIMITED', 'RATE_LIMITED', 'IMPLEMENT'],
  ['POLISH', null, 'IMPLEMENT'],
  ['', null, 'IMPLEMENT'],
])('C121 a run halted in %j, waiting for %j, enters %s', (phase, due, entered) => {
  expect(entryPhase(phase, due)).toBe(entered);
});
