import { describe, expect, test } from '@jest/globals';
import { breakerDefaults } from '../../../src/domain/gated/breaker.ts';
import { enterPhase, nextStep, resumeLoop } from '../../../src/domain/gated/loop.ts';
import { type LoopEvent, newLoop, type WorkPhase } from '../../../src/domain/gated/loop-state.ts';
import { answer } from './answers.ts';
import { run, start, type Told } from './loop-driver.ts';

const once = ['implement', 'review', 'audit'];
const countOf = (name: string, { calls }: Told) => calls.filter((call) => call === name).length;
const fresh = newLoop(breakerDefaults.sprint, 100, start);

describe('a gate that did not run never passes:', () => {
  const prose = 'I think\nthat this is fine.';

  test('a wrong answer is asked for once more, then it is an error', () => {
    expect(run({ review: (turn) => (turn === 1 ? prose : '') }).calls).toEqual([
      'implement',
      'review',
      'review',
      'audit',
    ]);
    const told = run({ review: () => prose });
    expect(told.calls).toEqual(['implement', 'review', 'review']);
    expect(told.end).toMatchObject({ kind: 'halt', reason: 'gate_error', trigger: null });
    const audited = run({ audit: () => answer({ gate: 'review' }) });
    expect(audited.end).toMatchObject({
      reason: 'gate_error',
      detail: 'the audit gave no valid verdict: the verdict is that of the review, not of the audit',
    });
  });

  test('each gate has its own second try, in each cycle', () => {
    const told = run({
      review: (turn) => (turn % 2 === 1 ? prose : turn === 2 ? 'A' : ''),
      audit: (turn) => (turn === 1 ? prose : ''),
    });
    expect(told.end.kind).toBe('complete');
    expect(countOf('review', told)).toBe(4);
    expect(countOf('audit', told)).toBe(2);
  });

  test.each(['agent_failed', 'gate_error', 'guard_refused', 'base_conflict'] as const)('%s halts', (reason) => {
    const told = run({ audit: () => ({ kind: 'broken', reason, detail: 'no answer' }) });
    expect(told.end).toEqual({ kind: 'halt', reason, detail: 'no answer', trigger: null });
  });

  test('a role that is refused makes a cycle without progress, and is never skipped', () => {
    for (const role of ['implement', 'review', 'audit', 'redTeam', 'dissent'] as const) {
      const refuse = (): LoopEvent => ({ kind: 'refused', role: 'auditor', reason: 'danger' });
      const told = run({ [role]: refuse });
      expect(told.end).toMatchObject({ kind: 'halt', trigger: 'no_progress' });
      expect(told.loop.cycle).toBe(5);
      expect(told.loop.notes).toEqual(['the role auditor was refused: danger']);
    }
  });

  test('a role that is refused once may run in the next cycle', () => {
    const told = run({ review: (turn) => (turn === 1 ? { kind: 'refused', role: 'reviewer', reason: 'danger' } : '') });
    expect(told.calls).toEqual(['implement', 'review', ...once]);
  });

  test('no diff to the base halts instead of completing', () => {
    expect(run({ hasDiff: false, implement: () => 0 }).end).toMatchObject({ kind: 'halt', reason: 'no_changes' });
  });

  test('a probe is over only when all gates are: the red team opens the breaker again', () => {
    const again = (): LoopEvent => ({ kind: 'red_team', decision: 'another_cycle', note: null });
    const tripped = run({ review: () => 'A', redTeam: again });
    const { loop, phase } = resumeLoop(tripped.loop, 'probe', tripped.now);
    const probed = run({ redTeam: again }, { loop, phase: phase as WorkPhase, now: tripped.now });
    expect(probed.calls).toEqual(['implement', 'review', 'audit', 'red-team']);
    expect(probed.end.kind).toBe('halt');
    expect(probed.loop.breaker.state).toBe('OPEN');
    const passed = run({}, { loop, phase: phase as WorkPhase, now: tripped.now });
    expect(passed.loop.breaker.state).toBe('CLOSED');
  });

  test('what comes when its cycle is over counts for nothing', () => {
    const facts = { clock: { now: start, excludedMs: 0 }, hasDiff: true, redTeam: true, dissent: false };
    const again: LoopEvent = { kind: 'red_team', decision: 'another_cycle', note: null };
    const over = nextStep(run({ redTeam: () => again, haltAfter: 3 }).loop, again, facts);
    expect(over.step).toEqual({ kind: 'phase', phase: 'IMPLEMENT' });
    const settled: LoopEvent = { kind: 'red_team', decision: 'complete', note: null };
    expect(nextStep(over.loop, settled, facts).step).toMatchObject({ kind: 'halt', reason: 'gate_error' });
  });

  test('nothing but both approvals of one cycle completes, whatever comes in whatever order', () => {
    const facts = { clock: { now: start, excludedMs: 0 }, hasDiff: true, redTeam: false, dissent: false };
    const approved = (gate: 'review' | 'audit'): LoopEvent => ({
      kind: 'judged',
      gate,
      verdict: { kind: 'approved', findings: [] },
    });
    const events: LoopEvent[] = [
      approved('review'),
      approved('audit'),
      { kind: 'implemented', filesChanged: 1 },
      { kind: 'red_team', decision: 'complete', note: null },
      { kind: 'dissent', note: null },
      { kind: 'refused', role: 'auditor', reason: '' },
      { kind: 'ready' },
    ];
    const phases: WorkPhase[] = ['IMPLEMENT', 'REVIEW', 'AUDIT'];
    let seed = 7;
    const pick = <T>(from: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return from[Math.floor((seed / 2 ** 31) * from.length)] as T;
    };
    let completions = 0;
    for (let round = 0; round < 2000; round += 1) {
      let loop = fresh;
      let path: string[] = [];
      for (let turn = 0; turn < 12; turn += 1) {
        const { loop: entered, entry } = enterPhase(loop, pick(phases), facts.clock);
        // What a phase looks at again has not been approved any more.
        if (entry.kind === 'start') path = entry.phase === 'AUDIT' ? path.filter((gate) => gate === 'review') : [];
        const event = pick(events);
        const { loop: after, step } = nextStep(entered, event, facts);
        if (event.kind === 'judged' && step.kind !== 'halt') path.push(event.gate);
        if (step.kind === 'complete') {
          completions += 1;
          expect(path).toEqual(expect.arrayContaining(['review', 'audit']));
        }
        loop = after;
      }
    }
    expect(completions).toBeGreaterThan(0);
  });
});
