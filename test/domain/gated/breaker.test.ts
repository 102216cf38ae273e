import { describe, expect, test } from '@jest/globals';
import {
  afterApproval,
  afterBreakdown,
  afterFailedCycle,
  beginCycle,
  breakerDefaults,
  bugBreaker,
  checkTime,
  countProgress,
  elapsedMs,
  newBreaker,
  probeBreaker,
  resetBreaker,
  timeIsOver,
  timeLeftMs,
  withHours,
} from '../../../src/domain/gated/breaker.ts';
import type { BreakerState, Gate } from '../../../src/domain/gated/state.ts';
import { finding } from './answers.ts';

const started = '2026-11-21T20:00:00.000Z';
const hour = 3_600_000;
const clockAt = (hours: number, excludedHours = 0) => ({
  now: new Date(Date.parse(started) + hours * hour).toISOString(),
  excludedMs: excludedHours * hour,
});

/** One cycle of a breaker: the gate that failed it, and a rule for each finding. */
function cycle(breaker: BreakerState, rules: string, given: { by?: Gate; changed?: boolean; hours?: number } = {}) {
  const { by = 'review', changed = true, hours = 1 } = given;
  const findings = [...rules].map((rule) => finding({ rule }));
  return afterFailedCycle(beginCycle(breaker, true), { by, findings, changed }, clockAt(hours));
}

const sprint = newBreaker(breakerDefaults.sprint, started);

test('C7 begins closed with the defaults', () => {
  expect(sprint).toMatchObject({
    state: 'CLOSED',
    triggers: {
      same_issue: { count: 0, threshold: 3, last_hash: null },
      no_progress: { count: 0, threshold: 5 },
      cycle_count: { current: 0, limit: 20 },
      timeout: { started, limit_hours: 8 },
    },
    history: [],
  });
});

test('C8 takes the limits of the command', () => {
  const { triggers } = newBreaker({ ...breakerDefaults.sprint, maxCycles: 10, timeoutHours: 4 }, started);
  expect([triggers.cycle_count.limit, triggers.timeout.limit_hours]).toEqual([10, 4]);
});

describe('the same issue', () => {
  /** Counts after each cycle; the trigger where one fired. */
  function counts(...cycles: (string | [string, Gate])[]) {
    let breaker = sprint;
    return cycles.map((each) => {
      const [rules, by] = typeof each === 'string' ? [each, 'review' as const] : each;
      const checked = cycle(breaker, rules, { by });
      breaker = checked.breaker;
      return checked.fired?.trigger ?? breaker.triggers.same_issue.count;
    });
  }

  test('C22 in three cycles opens it after the third', () => {
    let breaker = sprint;
    for (const hours of [1, 2]) breaker = cycle(breaker, 'A', { hours }).breaker;
    const { breaker: opened, fired } = cycle(breaker, 'A', { hours: 3 });
    expect(fired?.trigger).toBe('same_issue');
    expect(opened.state).toBe('OPEN');
    expect(opened.history).toEqual([
      { timestamp: clockAt(3).now, trigger: 'same_issue', reason: 'the same findings in 3 cycles' },
    ]);
  });

  test('C23 with another between is counted anew', () => {
    expect(counts('A', 'A', 'B', 'A', 'A')).toEqual([1, 2, 1, 1, 2]);
  });

  test('is a set: order and repeats are nothing, one more is another set', () => {
    expect(counts('AB', 'BAA', 'ABC', 'AB')).toEqual([1, 2, 1, 1]);
  });

  test('is counted for each gate alone, and shown for the one that told it last', () => {
    const review: [string, Gate] = ['A', 'review'];
    const audit: [string, Gate] = ['A', 'audit'];
    expect(counts(review, audit, review, audit, ['B', 'audit'], review)).toEqual([1, 1, 2, 2, 1, 'same_issue']);
  });

  test('is none where a gate tells no findings: they neither count nor make forget', () => {
    expect(counts('A', '', 'A', '', 'A')).toEqual([1, 1, 2, 2, 'same_issue']);
    expect(cycle(sprint, '').breaker.triggers.same_issue.last_hash).toBeNull();
  });
});

describe('no progress', () => {
  const changes = (...cycles: boolean[]) => {
    let breaker = sprint;
    return cycles.map((changed, index) => {
      const checked = cycle(breaker, String.fromCharCode(65 + index), { changed });
      breaker = checked.breaker;
      return checked.fired?.trigger ?? breaker.triggers.no_progress.count;
    });
  };
  const none = false;

  test('C25 in five cycles in a row opens it', () => {
    expect(changes(none, none, none, none, none)).toEqual([1, 2, 3, 4, 'no_progress']);
  });

  test('C26 with one change between does not', () => {
    expect(changes(none, none, none, none, true, none, none, none, none)).toEqual([1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });

  test('is a cycle in which a role was refused, though its IMPLEMENT changed the tree', () => {
    const refused = afterFailedCycle(sprint, { by: null, findings: [], changed: true }, clockAt(1));
    expect(refused.breaker.triggers.no_progress.count).toBe(1);
  });

  test('is counted for a cycle that was approved, too', () => {
    expect(countProgress(countProgress(sprint, false), false).triggers.no_progress.count).toBe(2);
    expect(countProgress(countProgress(sprint, false), true).triggers.no_progress.count).toBe(0);
  });
});

describe('the limits', () => {
  test('C28 of 2 cycles opens it after the second, and never before', () => {
    const first = cycle(newBreaker({ ...breakerDefaults.sprint, maxCycles: 2 }, started), 'A');
    expect(first.fired).toBeNull();
    const second = cycle(first.breaker, 'B');
    expect(second.fired).toEqual({ trigger: 'cycle_limit', reason: '2 of 2 cycles are used' });
  });

  test('C29 that are reached together are told in order', () => {
    const all = { sameIssue: 1, noProgress: 1, maxCycles: 1, timeoutHours: 1 };
    const order = [
      [all, 'same_issue'],
      [{ ...all, sameIssue: 2 }, 'no_progress'],
      [{ ...all, sameIssue: 2, noProgress: 2 }, 'cycle_limit'],
      [{ ...all, sameIssue: 2, noProgress: 2, maxCycles: 2 }, 'timeout'],
    ] as const;
    for (const [limits, trigger] of order) {
      const checked = cycle(newBreaker(limits, started), 'A', { changed: false, hours: 1 });
      expect(checked.fired?.trigger).toBe(trigger);
      expect(checked.breaker.history).toHaveLength(1);
    }
  });

  test('of time are reached at the hour, and not by what is left out', () => {
    expect(checkTime(sprint, clockAt(7.99)).fired).toBeNull();
    expect(checkTime(sprint, clockAt(8))).toMatchObject({
      fired: { trigger: 'timeout', reason: 'the 8 h that it had are over' },
      breaker: { state: 'OPEN' },
    });
    expect(checkTime(sprint, clockAt(9, 1.5)).fired).toBeNull();
    expect(timeLeftMs(sprint, clockAt(9, 1.5))).toBe(hour / 2);
    expect(timeLeftMs(sprint, clockAt(99))).toBe(0);
    expect(elapsedMs(sprint, clockAt(9, 1.5))).toBe(7.5 * hour);
    expect(elapsedMs(sprint, clockAt(-1))).toBe(0);
  });
});

test('C94 a bug has its own limits, and neither breaker moves the other', () => {
  const bug = newBreaker(breakerDefaults.bug, started);
  expect(bug.triggers).toMatchObject({
    same_issue: { threshold: 3 },
    no_progress: { threshold: 5 },
    cycle_count: { limit: 10 },
    timeout: { limit_hours: 2 },
  });
  const before = JSON.stringify(sprint);
  const { breaker } = cycle(bug, 'A', { changed: false });
  expect(JSON.stringify(sprint)).toBe(before);
  const last_finding_hash = breaker.triggers.same_issue.last_hash;
  expect(last_finding_hash).not.toBeNull();
  const counts = { cycle_count: 1, same_issue_count: 1, no_progress_count: 1, last_finding_hash };
  expect(bugBreaker(breaker)).toEqual(counts);
});

test.each([
  [8, '8 h'],
  [1 / 6, '0.17 h'],
  [1 / 3600, '0.01 h'],
])('a timeout of %d hours is told as %s', (limit, told) => {
  expect(timeIsOver(withHours(sprint, limit)).reason).toBe(`the ${told} that it had are over`);
});

describe('after it has opened', () => {
  const opened = [1, 2, 3].reduce((breaker) => cycle(breaker, 'A').breaker, sprint);

  test('C119 a reset closes it with all counts at their start, a new time and its history', () => {
    const reset = resetBreaker({ ...opened, triggers: { ...opened.triggers } }, clockAt(30).now);
    expect(reset).toMatchObject({
      state: 'CLOSED',
      triggers: {
        same_issue: { count: 0, threshold: 3, last_hash: null },
        no_progress: { count: 0, threshold: 5 },
        cycle_count: { current: 0, limit: 20 },
        timeout: { started: clockAt(30).now, limit_hours: 8 },
      },
    });
    expect(reset.history).toEqual(opened.history);
    expect(cycle(reset, 'A', { hours: 31 }).breaker.triggers.same_issue.count).toBe(1);
    expect(beginCycle(reset, false).triggers.cycle_count.current).toBe(1);
  });

  test('a probe has one cycle, however late it is', () => {
    const probing = probeBreaker(opened);
    expect(probing.state).toBe('HALF_OPEN');
    expect(checkTime(probing, clockAt(100)).fired).toBeNull();
    expect(timeLeftMs(probing, clockAt(100))).toBeNull();
    expect(probeBreaker(sprint)).toBe(sprint);
  });

  test('a probe that is approved closes it', () => {
    expect(afterApproval(probeBreaker(opened), clockAt(5).now)).toEqual(resetBreaker(opened, clockAt(5).now));
    expect(afterApproval(sprint, clockAt(5).now)).toBe(sprint);
  });

  test.each(['A', 'B', ''])('a probe that finds %j opens it again', (rules) => {
    const [trigger, reason] = ['same_issue', 'the probe failed: its cycle was not approved'];
    const { breaker, fired } = cycle(probeBreaker(opened), rules, { hours: 5 });
    expect(breaker.state).toBe('OPEN');
    expect(fired).toEqual({ trigger, reason });
    expect(breaker.history).toEqual([...opened.history, { timestamp: clockAt(5).now, trigger, reason }]);
  });

  test('a probe that breaks down opens it again, and nothing else does', () => {
    expect(afterBreakdown(probeBreaker(opened), 'the agent failed', clockAt(5).now)).toMatchObject({
      state: 'OPEN',
      history: [{}, { trigger: 'same_issue', reason: 'the probe failed: the agent failed' }],
    });
    expect(afterBreakdown(sprint, 'the agent failed', clockAt(5).now)).toBe(sprint);
  });
});
