import { describe, expect, test } from '@jest/globals';
import { resumeLoop } from '../../../src/domain/gated/loop.ts';
import type { LoopEvent, LoopState, WorkPhase } from '../../../src/domain/gated/loop-state.ts';
import { run, type Script, type Told } from './loop-driver.ts';

const once = ['implement', 'review', 'audit'];
const broken = (): LoopEvent => ({ kind: 'broken', reason: 'agent_failed', detail: 'it was killed' });

/** Resumes a run that has halted, an hour later. */
function goOn({ loop, now }: Told, how: 'keep' | 'reset' | 'probe', script: Script): Told {
  const later = new Date(Date.parse(now) + 3_600_000).toISOString();
  const resumed = resumeLoop(loop, how, later);
  return run(script, { loop: resumed.loop, phase: resumed.phase as WorkPhase, now: later });
}

describe('a run that was halted', () => {
  test.each([
    ['implement', once],
    ['review', ['review', 'audit']],
    ['audit', ['audit']],
  ] as const)('C121 in %s begins with it again, in the same cycle', (role, calls) => {
    const told = goOn(run({ [role]: broken }), 'keep', {});
    expect(told.calls).toEqual(calls);
    expect(told.end.kind).toBe('complete');
    expect(told.loop).toMatchObject({ cycle: 1, breaker: { triggers: { cycle_count: { current: 1 } } } });
  });

  test('C121 in a phase that nobody knows begins with implement', () => {
    const halted = run({ review: broken });
    const unknown = { ...halted, loop: { ...halted.loop, phase: 'POLISH' } as unknown as LoopState };
    expect(goOn(unknown, 'keep', {}).calls).toEqual(once);
  });

  test('while it waited for the hour goes on with the phase that was due', () => {
    const halted = run({ callsPerHour: 2, limits: { timeoutHours: 0.5 } });
    expect(halted).toMatchObject({
      calls: ['implement', 'review', 'wait'],
      loop: { phase: 'RATE_LIMITED', due: 'AUDIT' },
    });
    expect(goOn(halted, 'reset', {}).calls).toEqual(['audit']);
  });

  test('after a wrong answer has its second try anew', () => {
    const told = goOn(run({ review: () => 'prose\n' }), 'keep', { review: (turn) => (turn === 1 ? 'prose\n' : '') });
    expect(told.calls).toEqual(['review', 'review', 'audit']);
  });

  test.each([
    ['review', 2],
    ['audit', 3],
  ] as const)('C121 after its %s has found something asks it again, and counts the cycle once', (gate, haltAfter) => {
    const halted = run({ [gate]: () => 'A', implement: () => 0, haltAfter });
    expect(halted.loop).toMatchObject({ cycle: 1, phase: gate === 'review' ? 'REVIEW' : 'AUDIT' });
    const told = goOn(halted, 'keep', { [gate]: () => 'A', haltAfter: 1 });
    expect(told.calls).toEqual([gate]);
    const counts = { same_issue: { count: 1 }, no_progress: { count: 1 }, cycle_count: { current: 1 } };
    expect(told.loop.breaker.triggers).toMatchObject(counts);
    expect(goOn(halted, 'keep', {}).end.kind).toBe('complete');
  });

  test('C121 after its implement is implemented again, in the same cycle', () => {
    const told = goOn(run({ haltAfter: 1 }), 'keep', { implement: () => 0 });
    expect(told.calls).toEqual(once);
    expect(told.loop).toMatchObject({ cycle: 1, breaker: { triggers: { no_progress: { count: 0 } } } });
    const idle = goOn(run({ haltAfter: 1, implement: () => 0 }), 'keep', { implement: () => 0 });
    expect(idle.loop.breaker.triggers.no_progress.count).toBe(1);
  });

  test('never enters the audit on a review that is not approved', () => {
    const halted = run({ review: broken });
    const claimed: LoopState = { ...halted.loop, phase: 'AUDIT' };
    expect(goOn({ ...halted, loop: claimed }, 'keep', {}).calls).toEqual(['review', 'audit']);
  });
});

describe('a run whose breaker has opened', () => {
  const opened = run({ review: () => 'A' });

  test('C119 counts anew after a reset, from the gate that had found it', () => {
    const told = goOn(opened, 'reset', { review: () => 'A' });
    expect(told.calls).toEqual(['review', 'implement', 'review', 'implement', 'review']);
    expect(told.loop.breaker.history).toHaveLength(2);
    expect(goOn(opened, 'reset', {}).loop).toMatchObject({ breaker: { state: 'CLOSED', history: [{}] } });
  });

  test('C119 has all its cycles again after a reset', () => {
    const limited = run({ review: (turn) => 'ABCDEFG'.charAt(turn), limits: { maxCycles: 2 } });
    const told = goOn(limited, 'reset', { review: (turn) => 'UVWXYZ'.charAt(turn) });
    expect(told.calls.filter((call) => call === 'implement')).toHaveLength(2);
    expect(told.end).toMatchObject({ trigger: 'cycle_limit' });
    expect(told.loop.cycle).toBe(4);
  });

  test('has exactly one cycle as a probe, which closes it when all approve', () => {
    const told = goOn(opened, 'probe', {});
    expect(told.calls).toEqual(once);
    expect(told.end.kind).toBe('complete');
    expect(told.loop).toMatchObject({ cycle: 4, breaker: { state: 'CLOSED', triggers: { same_issue: { count: 0 } } } });
  });

  test.each([
    ['review', ['implement', 'review']],
    ['audit', once],
  ] as const)('halts again when the probe’s %s finds anything', (gate, calls) => {
    const told = goOn(opened, 'probe', { [gate]: () => 'Z' });
    expect(told.calls).toEqual(calls);
    expect(told.end).toMatchObject({ kind: 'halt', trigger: 'same_issue' });
    expect(told.loop.breaker).toMatchObject({ state: 'OPEN', history: [{}, {}] });
  });

  test('is open again when the probe breaks down, so that a resume needs a word once more', () => {
    const told = goOn(opened, 'probe', { audit: broken });
    expect(told.end).toMatchObject({ kind: 'halt', reason: 'agent_failed', trigger: null });
    expect(told.loop.breaker.state).toBe('OPEN');
    expect(goOn(told, 'probe', {}).calls).toEqual(['audit']);
  });

  test('for its time is probed from the phase that was cut, without a limit of time', () => {
    const late = run({ audit: () => ({ kind: 'time_up' }) });
    const told = goOn(late, 'probe', { minutes: 10_000 });
    expect(told.calls).toEqual(['audit']);
    expect(told.end.kind).toBe('complete');
  });

  test('has its red-team gate after a probe that was approved late', () => {
    const late = run({ minutes: 161, review: (turn) => 'ABCDEFG'.charAt(turn) });
    expect(late.end).toMatchObject({ trigger: 'timeout' });
    const told = goOn(late, 'probe', { redTeam: () => ({ kind: 'red_team', decision: 'complete', note: null }) });
    expect(told.end.kind).toBe('complete');
  });
});
