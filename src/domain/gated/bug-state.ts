import type { Confidence } from './confidence.ts';
import type { Mode } from './state.ts';

export type BugPhase = 'TRIAGE' | 'IMPLEMENTING' | 'REVIEWING' | 'AUDITING';
export type BugStateName = BugPhase | 'COMPLETED' | 'HALTED';

/** What a bug run holds and shows. Times are ISO 8601 in UTC. */
export interface BugState {
  readonly schema_version: 1;
  readonly bug_id: string;
  readonly bug_title: string;
  /** `sprint-bug-N`. */
  readonly sprint_id: string;
  readonly state: BugStateName;
  readonly mode: Mode;
  readonly created_at: string;
  readonly updated_at: string;
  readonly circuit_breaker: {
    readonly cycle_count: number;
    readonly same_issue_count: number;
    readonly no_progress_count: number;
    readonly last_finding_hash: string | null;
  };
  /** null before the triage has said anything. */
  readonly confidence: Confidence | null;
  /** Only while halted; `state` is where a resume goes back to. */
  readonly halt?: { readonly reason: string; readonly timestamp: string; readonly state: BugPhase };
}

/** A refused move comes with the state as it was. */
export interface BugMove {
  readonly allowed: boolean;
  /** Why it was refused, or an empty string. */
  readonly reason: string;
  readonly bug: BugState;
}

const moves: Readonly<Record<BugStateName, readonly BugStateName[]>> = {
  TRIAGE: ['IMPLEMENTING'],
  IMPLEMENTING: ['REVIEWING'],
  REVIEWING: ['IMPLEMENTING', 'AUDITING'],
  AUDITING: ['IMPLEMENTING', 'COMPLETED'],
  COMPLETED: [],
  HALTED: [],
};

export function newBug(bug: Pick<BugState, 'bug_id' | 'bug_title' | 'sprint_id' | 'mode'>, now: string): BugState {
  return {
    schema_version: 1,
    ...bug,
    state: 'TRIAGE',
    created_at: now,
    updated_at: now,
    circuit_breaker: { cycle_count: 0, same_issue_count: 0, no_progress_count: 0, last_finding_hash: null },
    confidence: null,
  };
}

/** One of the six moves of the loop. HALTED is reached and left by `haltBug` and `resumeBug`. */
export function moveBug(bug: BugState, to: BugStateName, now: string): BugMove {
  if (!moves[bug.state].includes(to)) return refused(bug, `a bug run does not go from ${bug.state} to ${to}`);
  return moved({ ...bug, state: to, updated_at: now });
}

export function haltBug(bug: BugState, reason: string, now: string): BugMove {
  const { state } = bug;
  if (state === 'HALTED' || state === 'COMPLETED') return refused(bug, `the bug run is ${state} already`);
  return moved({ ...bug, state: 'HALTED', updated_at: now, halt: { reason, timestamp: now, state } });
}

/** Back to where it was halted, and nowhere else. */
export function resumeBug(bug: BugState, now: string): BugMove {
  const { halt, ...rest } = bug;
  if (bug.state !== 'HALTED' || !halt) return refused(bug, `the bug run is ${bug.state}, not halted`);
  return moved({ ...rest, state: halt.state, updated_at: now });
}

function moved(bug: BugState): BugMove {
  return { allowed: true, reason: '', bug };
}

function refused(bug: BugState, reason: string): BugMove {
  return { allowed: false, reason, bug };
}
