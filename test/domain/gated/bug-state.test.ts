import { describe, expect, test } from '@jest/globals';
import {
  type BugState,
  type BugStateName,
  haltBug,
  moveBug,
  newBug,
  resumeBug,
} from '../../../src/domain/gated/bug-state.ts';

const start = '2026-11-21T10:00:00.000Z';
const now = '2026-11-21T11:00:00.000Z';
const bug = newBug({ bug_id: '20261121-0a1b2c', bug_title: 'x', sprint_id: 'sprint-bug-1', mode: 'autonomous' }, start);
const at = (state: BugStateName): BugState => ({ ...bug, state });
const names = ['TRIAGE', 'IMPLEMENTING', 'REVIEWING', 'AUDITING', 'COMPLETED', 'HALTED'] as const;
const listed = [
  'TRIAGE→IMPLEMENTING',
  'IMPLEMENTING→REVIEWING',
  'REVIEWING→IMPLEMENTING',
  'REVIEWING→AUDITING',
  'AUDITING→IMPLEMENTING',
  'AUDITING→COMPLETED',
];

test('a new bug run is in its triage', () => {
  expect(bug).toEqual({
    schema_version: 1,
    bug_id: '20261121-0a1b2c',
    bug_title: 'x',
    sprint_id: 'sprint-bug-1',
    state: 'TRIAGE',
    mode: 'autonomous',
    created_at: start,
    updated_at: start,
    circuit_breaker: { cycle_count: 0, same_issue_count: 0, no_progress_count: 0, last_finding_hash: null },
    confidence: null,
  });
});

describe('moves', () => {
  test.each(names.flatMap((from) => names.map((to) => [from, to] as const)))('C91 %s → %s', (from, to) => {
    const before = at(from);
    const { allowed, reason, bug: after } = moveBug(before, to, now);
    expect(allowed).toBe(listed.includes(`${from}→${to}`));
    if (allowed) expect(after).toEqual({ ...before, state: to, updated_at: now });
    else expect([after, reason]).toEqual([before, `a bug run does not go from ${from} to ${to}`]);
    if (!allowed) expect(after).toBe(before);
  });
});

describe('a halt', () => {
  test.each(['TRIAGE', 'IMPLEMENTING', 'REVIEWING', 'AUDITING'] as const)(
    'C91 of %s goes back to it, only',
    (state) => {
      const { allowed, bug: halted } = haltBug(at(state), 'Manual halt', now);
      expect(allowed).toBe(true);
      expect(halted).toMatchObject({ state: 'HALTED', halt: { reason: 'Manual halt', timestamp: now, state } });
      for (const to of names) expect(moveBug(halted, to, now).allowed).toBe(false);
      expect(resumeBug(halted, start).bug).toEqual({ ...at(state), updated_at: start });
      expect(resumeBug(halted, start).bug).not.toHaveProperty('halt');
    },
  );

  test.each(['HALTED', 'COMPLETED'] as const)('of %s is refused', (state) => {
    const before = at(state);
    expect(haltBug(before, 'x', now)).toMatchObject({ allowed: false, reason: `the bug run is ${state} already` });
    expect(haltBug(before, 'x', now).bug).toBe(before);
  });

  test.each(['TRIAGE', 'COMPLETED', 'HALTED'] as const)('is not resumed from %s without one', (state) => {
    expect(resumeBug(at(state), now)).toEqual({
      allowed: false,
      reason: `the bug run is ${state}, not halted`,
      bug: at(state),
    });
  });
});
