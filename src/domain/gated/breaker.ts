import { findingsHash, type Identified } from './identity.ts';
import type { BreakerState, BreakerTrigger, Gate, SameIssue } from './state.ts';

export interface BreakerLimits {
  readonly sameIssue: number;
  readonly noProgress: number;
  readonly maxCycles: number;
  readonly timeoutHours: number;
}

export const breakerDefaults: Readonly<Record<'sprint' | 'bug', BreakerLimits>> = {
  sprint: { sameIssue: 3, noProgress: 5, maxCycles: 20, timeoutHours: 8 },
  bug: { sameIssue: 3, noProgress: 5, maxCycles: 10, timeoutHours: 2 },
};

export interface Clock {
  /** ISO 8601. */
  readonly now: string;
  /** Time since `timeout.started` that does not count: waiting for a person, halted, a provider's usage limit. */
  readonly excludedMs: number;
}

/** A cycle that has ended without approval. */
export interface FailedCycle {
  /** Who ended it; null: a role that was refused, so that nobody judged. */
  readonly by: Gate | 'red-team' | null;
  readonly findings: readonly Identified[];
  /** Its IMPLEMENT changed the tree. */
  readonly changed: boolean;
}

export interface Fired {
  readonly trigger: BreakerTrigger;
  /** A sentence for people, without a full stop. */
  readonly reason: string;
}

/** `fired` is what the breaker opened for, with an entry in its history; null where it did not. */
export interface Checked {
  readonly breaker: BreakerState;
  readonly fired: Fired | null;
}

const hourMs = 3_600_000;
const unseen: SameIssue = { count: 0, last_hash: null };
const unseenByAll = { review: unseen, audit: unseen };

export function newBreaker(limits: BreakerLimits, started: string): BreakerState {
  const { sameIssue, noProgress, maxCycles, timeoutHours } = limits;
  return {
    state: 'CLOSED',
    triggers: {
      same_issue: { ...unseen, threshold: sameIssue, by_gate: unseenByAll },
      no_progress: { count: 0, threshold: noProgress },
      cycle_count: { current: 0, limit: maxCycles },
      timeout: { started, limit_hours: timeoutHours },
    },
    history: [],
  };
}

/** Counts a cycle as its IMPLEMENT starts. One that is entered again counts no second time, but after a reset once. */
export function beginCycle(breaker: BreakerState, isNew: boolean): BreakerState {
  const { current, limit } = breaker.triggers.cycle_count;
  return withTriggers(breaker, { cycle_count: { current: isNew ? current + 1 : Math.max(current, 1), limit } });
}

/** Counts a cycle that was not approved, and opens where a limit is reached or the cycle was the probe. */
export function afterFailedCycle(breaker: BreakerState, cycle: FailedCycle, clock: Clock): Checked {
  const counted = withTriggers(countProgress(breaker, cycle.changed && cycle.by !== null), {
    same_issue: countIssues(breaker, cycle),
  });
  const fired = firedBy(counted, clock);
  if (counted.state === 'HALF_OPEN')
    return failedProbe(counted, clock.now, 'its cycle was not approved', fired?.trigger);
  return fired ? open(counted, fired, clock.now) : { breaker: counted, fired: null };
}

/** The gates have approved: a probe closes the breaker as a reset does. */
export function afterApproval(breaker: BreakerState, now: string): BreakerState {
  return breaker.state === 'HALF_OPEN' ? resetBreaker(breaker, now) : breaker;
}

/** Counts whether a cycle has `progressed`; for one that failed, `afterFailedCycle` does. */
export function countProgress(breaker: BreakerState, progressed: boolean): BreakerState {
  const { count, threshold } = breaker.triggers.no_progress;
  return withTriggers(breaker, { no_progress: { count: progressed ? 0 : count + 1, threshold } });
}

/** Before a phase, or when the time of one that runs is over. A probe has its one cycle, however late it is. */
export function checkTime(breaker: BreakerState, clock: Clock): Checked {
  const left = timeLeftMs(breaker, clock);
  return left === null || left > 0 ? { breaker, fired: null } : open(breaker, timeIsOver(breaker), clock.now);
}

/** What is left until the timeout, in milliseconds, from 0; null during a probe, which has none. */
export function timeLeftMs(breaker: BreakerState, clock: Clock): number | null {
  if (breaker.state === 'HALF_OPEN') return null;
  return Math.max(0, breaker.triggers.timeout.limit_hours * hourMs - elapsedMs(breaker, clock));
}

/** What counts towards the timeout, in milliseconds, from 0. */
export function elapsedMs({ triggers }: BreakerState, { now, excludedMs }: Clock): number {
  return Math.max(0, Date.parse(now) - Date.parse(triggers.timeout.started) - excludedMs);
}

/** Opens it, and remembers why. */
export function open(breaker: BreakerState, fired: Fired, now: string): Checked {
  return {
    breaker: { ...breaker, state: 'OPEN', history: [...breaker.history, { timestamp: now, ...fired }] },
    fired,
  };
}

/** A probe that broke down approved nothing: without this, a resume would go on as if it had. */
export function afterBreakdown(breaker: BreakerState, reason: string, now: string): BreakerState {
  return breaker.state === 'HALF_OPEN' ? failedProbe(breaker, now, reason).breaker : breaker;
}

/** Closed, all counts at their start, the time begins anew; the history stays. */
export function resetBreaker(breaker: BreakerState, now: string): BreakerState {
  const { same_issue, no_progress, cycle_count, timeout } = breaker.triggers;
  return {
    state: 'CLOSED',
    triggers: {
      same_issue: { ...unseen, threshold: same_issue.threshold, by_gate: unseenByAll },
      no_progress: { ...no_progress, count: 0 },
      cycle_count: { ...cycle_count, current: 0 },
      timeout: { ...timeout, started: now },
    },
    history: breaker.history,
  };
}

/** With another time until the timeout. */
export function withHours(breaker: BreakerState, limit_hours: number): BreakerState {
  return withTriggers(breaker, { timeout: { ...breaker.triggers.timeout, limit_hours } });
}

/** Lets one cycle through where it is open. */
export function probeBreaker(breaker: BreakerState): BreakerState {
  return breaker.state === 'OPEN' ? { ...breaker, state: 'HALF_OPEN' } : breaker;
}

/** The counts as a bug's state shows them. */
export function bugBreaker({ triggers }: BreakerState) {
  return {
    cycle_count: triggers.cycle_count.current,
    same_issue_count: triggers.same_issue.count,
    no_progress_count: triggers.no_progress.count,
    last_finding_hash: triggers.same_issue.last_hash,
  };
}

// In this order: where several are reached in one cycle, the first is what is recorded.
function firedBy(breaker: BreakerState, clock: Clock): Fired | null {
  const { same_issue, no_progress, cycle_count } = breaker.triggers;
  if (same_issue.count >= same_issue.threshold) {
    return { trigger: 'same_issue', reason: `the same findings in ${same_issue.count} cycles` };
  }
  if (no_progress.count >= no_progress.threshold) {
    return { trigger: 'no_progress', reason: `${no_progress.count} cycles in a row changed nothing` };
  }
  if (cycle_count.current >= cycle_count.limit) {
    return { trigger: 'cycle_limit', reason: `${cycle_count.current} of ${cycle_count.limit} cycles are used` };
  }
  return timeLeftMs(breaker, clock) === 0 ? timeIsOver(breaker) : null;
}

export function timeIsOver({ triggers }: BreakerState): Fired {
  return { trigger: 'timeout', reason: `the ${roundedHours(triggers.timeout.limit_hours)} h that it had are over` };
}

/** To a hundredth, and never none: of what a plan has left, less than that may be over. */
function roundedHours(hours: number): number {
  return Math.max(0.01, Math.round(hours * 100) / 100);
}

function failedProbe(breaker: BreakerState, now: string, why: string, fired?: BreakerTrigger): Checked {
  const trigger = fired ?? breaker.history.at(-1)?.trigger ?? 'cycle_limit';
  return open(breaker, { trigger, reason: `the probe failed: ${why}` }, now);
}

/** An empty set is no set to compare with: the gate's count stays as it is. Another gate's always does. */
function countIssues(
  { triggers }: BreakerState,
  { by, findings }: FailedCycle,
): BreakerState['triggers']['same_issue'] {
  const hash = findingsHash(findings);
  if (hash === null || by === null || by === 'red-team') return triggers.same_issue;
  const { threshold, by_gate } = triggers.same_issue;
  const count = by_gate[by].last_hash === hash ? by_gate[by].count + 1 : 1;
  const seen = { count, last_hash: hash };
  return { ...seen, threshold, by_gate: { ...by_gate, [by]: seen } };
}

function withTriggers(breaker: BreakerState, change: Partial<BreakerState['triggers']>): BreakerState {
  return { ...breaker, triggers: { ...breaker.triggers, ...change } };
}
