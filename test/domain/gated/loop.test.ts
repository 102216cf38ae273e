import { describe, expect, test } from '@jest/globals';
import { breakerDefaults } from '../../../src/domain/gated/breaker.ts';
import { enterPhase } from '../../../src/domain/gated/loop.ts';
import { type LoopEvent, newLoop } from '../../../src/domain/gated/loop-state.ts';
import { run, start, type Told } from './loop-driver.ts';

const once = ['implement', 'review', 'audit'];
const countOf = (name: string, { calls }: Told) => calls.filter((call) => call === name).length;
const letter = (turn: number) => String.fromCharCode(64 + turn);
const fresh = newLoop(breakerDefaults.sprint, 100, start);

test('C7 begins in INIT, with no cycle', () => {
  expect(fresh).toMatchObject({ cycle: 0, phase: 'INIT', approvals: [], breaker: { state: 'CLOSED' } });
});

describe('the order', () => {
  test('C10 is implement, review, audit where all approve at once', () => {
    const told = run({});
    expect(told.calls).toEqual(once);
    expect(told.end.kind).toBe('complete');
    expect(told.loop).toMatchObject({ cycle: 1, notes: [], rate: { calls_this_hour: 3 } });
    expect(told.loop.history).toEqual([
      { cycle: 1, phase: 'IMPLEMENT', findings: 0, files_changed: 1 },
      { cycle: 1, phase: 'REVIEW', findings: 0, files_changed: 0 },
      { cycle: 1, phase: 'AUDIT', findings: 0, files_changed: 0 },
    ]);
  });

  test('C11 has no audit in a cycle whose review found something', () => {
    const told = run({ review: (turn) => (turn === 1 ? 'A' : '') });
    expect(told.calls).toEqual(['implement', 'review', ...once]);
    expect(told.loop.cycle).toBe(2);
  });

  test('C13 never comes to the audit where no review approves', () => {
    const told = run({ review: letter });
    expect(countOf('audit', told)).toBe(0);
    expect(told.end).toMatchObject({ kind: 'halt', trigger: 'cycle_limit' });
    expect(countOf('implement', told)).toBe(20);
  });

  test('goes back to implement, and then to review, after an audit that found something', () => {
    expect(run({ audit: (turn) => (turn === 1 ? 'A' : '') }).calls).toEqual([...once, ...once]);
  });
});

describe('the breaker', () => {
  test('C22 opens after the third cycle with the same finding', () => {
    const told = run({ review: () => 'A' });
    expect(told.calls).toEqual(['implement', 'review', 'implement', 'review', 'implement', 'review']);
    expect(told.end).toMatchObject({ kind: 'halt', reason: 'same_issue', trigger: 'same_issue' });
    expect(told.loop).toMatchObject({ cycle: 3, phase: 'REVIEW', breaker: { state: 'OPEN' } });
  });

  test('C25 opens after five cycles without a change', () => {
    const told = run({ implement: () => 0, review: letter });
    expect(told.end).toMatchObject({ trigger: 'no_progress' });
    expect(told.loop.cycle).toBe(5);
  });

  test('C26 does not where one of nine changed something', () => {
    const told = run({ implement: (turn) => (turn === 5 ? 1 : 0), review: (turn) => (turn < 9 ? letter(turn) : '') });
    expect(told.end.kind).toBe('complete');
  });

  test('C28 lets implement run twice with --max-cycles 2', () => {
    const told = run({ review: letter, limits: { maxCycles: 2 } });
    expect(told.end).toMatchObject({ trigger: 'cycle_limit' });
    expect(countOf('implement', told)).toBe(2);
    expect(run({ review: (turn) => (turn < 2 ? 'A' : ''), limits: { maxCycles: 2 } }).end.kind).toBe('complete');
  });

  test('C29 tells same_issue where no_progress is reached as well', () => {
    const told = run({ implement: () => 0, review: () => 'A', limits: { noProgress: 3 } });
    expect(told.end).toMatchObject({ trigger: 'same_issue' });
  });

  test('looks at the time before each phase, and when a running one is cut', () => {
    const slow = run({ minutes: 100, review: letter });
    expect(slow.end).toMatchObject({ reason: 'timeout', detail: 'the 8 h that it had are over' });
    expect(slow.calls).toHaveLength(5);
    const cut = run({ review: () => ({ kind: 'time_up' }) });
    expect(cut.end).toMatchObject({ trigger: 'timeout' });
    expect(cut.loop).toMatchObject({ phase: 'REVIEW', breaker: { state: 'OPEN' } });
    expect(run({ minutes: 161 }).end.kind).toBe('complete');
    const late = run({ minutes: 161, redTeam: () => ({ kind: 'red_team', decision: 'complete', note: null }) });
    expect(late.end).toMatchObject({ trigger: 'timeout' });
  });

  test('counts hourly waits, and opens for a row of them', () => {
    const told = run({ callsPerHour: 1, review: letter });
    expect(told.calls.filter((call) => call === 'wait')).toHaveLength(4);
    expect(told.end).toMatchObject({ reason: 'rate_limit', trigger: 'rate_limit' });
    expect(told.loop.rate.waits).toHaveLength(5);
    const late = run({ callsPerHour: 1, limits: { timeoutHours: 2 }, review: letter });
    expect(late.end).toMatchObject({ trigger: 'timeout' });
    expect(late.loop).toMatchObject({ phase: 'RATE_LIMITED' });
  });

  test('C67 shows RATE_LIMITED while the fourth step waits', () => {
    const { loop } = run({ callsPerHour: 3, audit: () => ({ kind: 'broken', reason: 'agent_failed', detail: '' }) });
    const { loop: waiting, entry } = enterPhase(loop, 'AUDIT', { now: '2026-11-21T20:50:00.000Z', excludedMs: 0 });
    expect(waiting).toMatchObject({ phase: 'RATE_LIMITED', due: 'AUDIT' });
    expect(entry).toEqual({ kind: 'wait', phase: 'AUDIT', until: '2026-11-21T21:01:00.000Z' });
  });
});

describe('after the audit', () => {
  const settled: LoopEvent = { kind: 'red_team', decision: 'complete', note: 'the red-team gate did not run' };

  test('C70 the red-team gate comes only where it is on', () => {
    expect(run({}).calls).not.toContain('red-team');
    const told = run({ redTeam: () => settled });
    expect(told.calls).toEqual([...once, 'red-team']);
    expect(told.end.kind).toBe('complete');
    expect(told.loop.notes).toEqual(['the red-team gate did not run']);
  });

  test('the red-team gate may ask for another cycle, with all gates anew', () => {
    const again: LoopEvent = { kind: 'red_team', decision: 'another_cycle', note: null };
    expect(run({ redTeam: (turn) => (turn === 1 ? again : settled) }).calls).toEqual([
      ...once,
      'red-team',
      ...once,
      'red-team',
    ]);
    const limited = run({ redTeam: () => again, limits: { maxCycles: 1 } });
    expect(limited.end).toMatchObject({ trigger: 'cycle_limit' });
    expect(countOf('implement', limited)).toBe(1);
  });

  test('the red-team gate may halt', () => {
    const told = run({ redTeam: () => ({ kind: 'red_team', decision: 'halt', note: 'sdd_not_found' }) });
    expect(told.end).toMatchObject({ kind: 'halt', reason: 'red_team', detail: 'sdd_not_found' });
  });

  test('another model’s review is needed where dissent is on, and its failure shows', () => {
    const note = 'the review by another model failed: no answer';
    const told = run({ redTeam: () => settled, dissent: () => ({ kind: 'dissent', note }) });
    expect(told.calls).toEqual([...once, 'red-team', 'dissent']);
    expect(told.loop.notes).toContain(note);
    expect(told.end.kind).toBe('complete');
  });
});
