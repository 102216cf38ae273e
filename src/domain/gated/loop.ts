import {
  afterApproval,
  afterBreakdown,
  afterFailedCycle,
  beginCycle,
  type Checked,
  type Clock,
  checkTime,
  countProgress,
  type FailedCycle,
  open,
  timeIsOver,
} from './breaker.ts';
import { resumedBreaker } from './halt-resume.ts';
import type {
  Breakdown,
  Entry,
  HaltStep,
  Judged,
  LoopEvent,
  LoopFacts,
  LoopState,
  Step,
  WorkPhase,
} from './loop-state.ts';
import { unjudged } from './loop-state.ts';
import { resumeRate, takeUnit } from './rate.ts';
import type { Gate } from './state.ts';
import { type EntryPhase, entryPhase } from './transitions.ts';

export interface Advanced {
  readonly loop: LoopState;
  readonly step: Step;
}

export interface Entered {
  readonly loop: LoopState;
  readonly entry: Entry;
}

/** What comes after what has happened. Nothing is completed but by the approval of both gates in the same cycle. */
export function nextStep(loop: LoopState, event: LoopEvent, facts: LoopFacts): Advanced {
  const needsCycle = event.kind !== 'broken' && event.kind !== 'time_up';
  if (needsCycle && loop.uncounted !== null) return outOfTurn(loop, event.kind, facts);
  switch (event.kind) {
    case 'ready':
      return { loop, step: { kind: 'phase', phase: 'IMPLEMENT' } };
    case 'implemented':
      if (loop.phase !== 'IMPLEMENT') return outOfTurn(loop, event.kind, facts);
      return afterImplement(loop, event.filesChanged);
    case 'judged':
      if (loop.phase !== phaseOf(event.gate)) return outOfTurn(loop, event.gate, facts);
      return afterVerdict(loop, event.gate, event.verdict, facts);
    case 'refused':
      return failed(
        noted(loop, `the role ${event.role} was refused: ${event.reason}`),
        { by: null, findings: [], changed: false },
        facts.clock,
      );
    case 'red_team':
      if (!isApproved(loop)) return outOfTurn(loop, event.kind, facts);
      if (event.decision === 'halt') return brokenDown(loop, 'red_team', event.note ?? 'it asks for a person', facts);
      if (event.decision === 'another_cycle') {
        return failed(loop, { by: 'red-team', findings: [], changed: loop.changed }, facts.clock);
      }
      return settle({ ...noted(loop, event.note), redTeamSettled: true }, facts);
    case 'dissent':
      if (!isApproved(loop)) return outOfTurn(loop, event.kind, facts);
      return settle({ ...noted(loop, event.note), dissentSettled: true }, facts);
    case 'time_up':
      return tripped(loop, open(loop.breaker, timeIsOver(loop.breaker), facts.clock.now));
    case 'broken':
      return brokenDown(loop, event.reason, event.detail, facts);
  }
}

/**
 * Enters a phase: the time is looked at, then a unit of the hour is taken. An audit is only entered after an approving
 * review; entering a gate again takes back what it said before.
 */
export function enterPhase(loop: LoopState, wanted: WorkPhase, clock: Clock): Entered {
  const phase = allowedPhase(loop, wanted);
  const timed = checkTime(loop.breaker, clock);
  if (timed.fired) return entered(tripped(loop, timed));
  const unit = takeUnit(loop.rate, clock.now, loop.phase === 'RATE_LIMITED');
  const counted = { ...loop, rate: unit.rate };
  if (unit.kind === 'trip') return entered(tripped(counted, open(loop.breaker, unit.fired, clock.now)));
  if (unit.kind === 'wait') {
    const waiting: LoopState = { ...counted, phase: 'RATE_LIMITED', due: phase };
    return { loop: waiting, entry: { kind: 'wait', phase, until: unit.until } };
  }
  return { loop: started(counted, phase), entry: { kind: 'start', phase } };
}

/**
 * After a halt: the phase that was recorded. A gate that is asked again does not count its cycle twice; a probe of a cycle
 * that was over is another cycle, which begins with IMPLEMENT.
 */
export function resumeLoop(
  loop: LoopState,
  how: 'keep' | 'reset' | 'probe',
  now: string,
): { readonly loop: LoopState; readonly phase: EntryPhase } {
  const recorded = entryPhase(loop.phase, loop.due);
  const phase = how === 'probe' && loop.uncounted !== null ? 'IMPLEMENT' : recorded;
  const isGate = phase === 'REVIEW' || phase === 'AUDIT';
  const counted = how === 'keep' && isGate ? (loop.uncounted ?? loop.breaker) : loop.breaker;
  const breaker = resumedBreaker(counted, how, now);
  const uncounted = isGate ? null : loop.uncounted;
  return {
    loop: { ...loop, phase, due: null, uncounted, breaker, rate: resumeRate(loop.rate), repaired: false },
    phase,
  };
}

function afterImplement(loop: LoopState, filesChanged: number): Advanced {
  const history = [
    ...loop.history,
    { cycle: loop.cycle, phase: 'IMPLEMENT', findings: 0, files_changed: filesChanged } as const,
  ];
  return {
    loop: { ...loop, changed: loop.changed || filesChanged > 0, history },
    step: { kind: 'phase', phase: 'REVIEW' },
  };
}

function afterVerdict(loop: LoopState, gate: Gate, verdict: Judged, facts: LoopFacts): Advanced {
  if ('reasons' in verdict) {
    const { reasons } = verdict;
    if (!loop.repaired) return { loop: { ...loop, repaired: true }, step: { kind: 'repair', gate, reasons } };
    return brokenDown(loop, 'gate_error', `the ${gate} gave no valid verdict: ${reasons.join('; ')}`, facts);
  }
  const { findings } = verdict;
  const phase = phaseOf(gate);
  const judged: LoopState = {
    ...loop,
    history: [...loop.history, { cycle: loop.cycle, phase, findings: findings.length, files_changed: 0 }],
  };
  if (verdict.kind === 'changes_required') {
    return failed(judged, { by: gate, findings, changed: loop.changed }, facts.clock);
  }
  const approved: LoopState = { ...judged, approvals: [...approvalsBefore(phase), gate] };
  if (gate === 'review') return { loop: approved, step: { kind: 'phase', phase: 'AUDIT' } };
  return settle(approved, facts);
}

/** After the approval of both gates: what else has to be asked, then the end. */
function settle(loop: LoopState, facts: LoopFacts): Advanced {
  const open = openGate(loop, facts);
  if (open !== null) {
    const timed = checkTime(loop.breaker, facts.clock);
    return timed.fired ? tripped(loop, timed) : { loop, step: { kind: open } };
  }
  if (!facts.hasDiff) return brokenDown(loop, 'no_changes', 'the branch does not differ from its base', facts);
  const breaker = countProgress(afterApproval(loop.breaker, facts.clock.now), loop.changed);
  return { loop: { ...loop, breaker }, step: { kind: 'complete' } };
}

function openGate(loop: LoopState, facts: LoopFacts): 'red_team' | 'dissent' | null {
  if (facts.redTeam && !loop.redTeamSettled) return 'red_team';
  return facts.dissent && !loop.dissentSettled ? 'dissent' : null;
}

function failed(loop: LoopState, cycle: FailedCycle, clock: Clock): Advanced {
  const checked = afterFailedCycle(loop.breaker, cycle, clock);
  const over: LoopState = { ...loop, breaker: checked.breaker, uncounted: loop.breaker };
  return checked.fired ? tripped(over, checked) : { loop: over, step: { kind: 'phase', phase: 'IMPLEMENT' } };
}

function tripped(loop: LoopState, { breaker, fired }: Checked): { loop: LoopState; step: HaltStep } {
  const { trigger, reason: detail } = fired ?? timeIsOver(breaker);
  return { loop: { ...loop, breaker }, step: { kind: 'halt', reason: trigger, detail, trigger } };
}

function brokenDown(
  loop: LoopState,
  reason: Breakdown | 'no_changes' | 'red_team',
  detail: string,
  { clock }: LoopFacts,
): Advanced {
  const breaker = afterBreakdown(loop.breaker, detail, clock.now);
  return { loop: { ...loop, breaker }, step: { kind: 'halt', reason, detail, trigger: null } };
}

/** An answer that nobody has asked for now is believed by nobody. */
function outOfTurn(loop: LoopState, what: string, facts: LoopFacts): Advanced {
  return brokenDown(loop, 'gate_error', `${what} came out of turn, in the phase ${loop.phase}`, facts);
}

function entered({ loop, step }: { readonly loop: LoopState; readonly step: HaltStep }): Entered {
  return { loop, entry: step };
}

function allowedPhase(loop: LoopState, wanted: WorkPhase): WorkPhase {
  if (isOver(loop)) return 'IMPLEMENT';
  return wanted === 'AUDIT' && !loop.approvals.includes('review') ? 'REVIEW' : wanted;
}

function started(loop: LoopState, phase: WorkPhase): LoopState {
  const entering = { ...loop, phase, due: null, repaired: false, approvals: approvalsBefore(phase) };
  if (phase !== 'IMPLEMENT') return entering;
  const isNew = isOver(loop);
  return {
    ...entering,
    ...unjudged,
    changed: isNew ? false : loop.changed,
    uncounted: null,
    cycle: isNew ? loop.cycle + 1 : loop.cycle,
    breaker: beginCycle(loop.breaker, isNew),
  };
}

/** Nothing of its cycle is left to do: what comes is another one. */
function isOver({ cycle, uncounted }: LoopState): boolean {
  return cycle === 0 || uncounted !== null;
}

function approvalsBefore(phase: WorkPhase): readonly Gate[] {
  return phase === 'AUDIT' ? ['review'] : [];
}

function isApproved({ approvals }: LoopState): boolean {
  return approvals.includes('review') && approvals.includes('audit');
}

function phaseOf(gate: Gate): 'REVIEW' | 'AUDIT' {
  return gate === 'review' ? 'REVIEW' : 'AUDIT';
}

function noted(loop: LoopState, note: string | null): LoopState {
  return note === null || loop.notes.includes(note) ? loop : { ...loop, notes: [...loop.notes, note] };
}
