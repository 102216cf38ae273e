import type { BreakerLimits, Clock } from './breaker.ts';
import { newBreaker } from './breaker.ts';
import type { Identified } from './identity.ts';
import type { PostPrHalt } from './post-pr-state.ts';
import { newRate, type RateState } from './rate.ts';
import type { BreakerState, BreakerTrigger, CyclePhase, Gate, Phase, Role } from './state.ts';

export type WorkPhase = 'IMPLEMENT' | 'REVIEW' | 'AUDIT';

/** Where a target stands between its phases. */
export interface LoopState {
  /** From 1 with the first IMPLEMENT. */
  readonly cycle: number;
  /** RATE_LIMITED while `due` waits for its unit. */
  readonly phase: Phase;
  readonly due: WorkPhase | null;
  /** Set where `cycle` is over and the next IMPLEMENT is another one: the breaker as it was before it was counted. */
  readonly uncounted: BreakerState | null;
  /** The IMPLEMENT of `cycle` left another tree than it found. */
  readonly changed: boolean;
  /** The gates that have approved what this cycle's IMPLEMENT left. */
  readonly approvals: readonly Gate[];
  /** The gate that is asked has been asked for the right form. */
  readonly repaired: boolean;
  /** In this cycle. */
  readonly redTeamSettled: boolean;
  readonly dissentSettled: boolean;
  /** What a person must be shown with the result: gates that did not run, warnings. */
  readonly notes: readonly string[];
  readonly history: readonly CyclePhase[];
  readonly breaker: BreakerState;
  readonly rate: RateState;
}

/** What has just happened. */
export type LoopEvent =
  /** INIT: the branch is ready. */
  | { readonly kind: 'ready' }
  /** IMPLEMENT, its commit included. */
  | { readonly kind: 'implemented'; readonly filesChanged: number }
  | { readonly kind: 'judged'; readonly gate: Gate; readonly verdict: Judged }
  /** The danger gate kept a role from starting. */
  | { readonly kind: 'refused'; readonly role: Role; readonly reason: string }
  /** `note`: what a person must see, or null. */
  | { readonly kind: 'red_team'; readonly decision: RedTeamDecision; readonly note: string | null }
  /** `note`: why there is none that is well-formed, or null. */
  | { readonly kind: 'dissent'; readonly note: string | null }
  /** A phase was cut because the time is over. */
  | { readonly kind: 'time_up' }
  | { readonly kind: 'broken'; readonly reason: Breakdown; readonly detail: string };

/** What the loop needs of a `Verdict`; the findings' words may stay where they are. */
export type Judged =
  | { readonly kind: 'approved' | 'changes_required'; readonly findings: readonly Identified[] }
  | { readonly kind: 'inconsistent' | 'missing'; readonly reasons: readonly string[] };

export type RedTeamDecision = 'another_cycle' | 'complete' | 'halt';
export type Breakdown = 'agent_failed' | 'gate_error' | 'guard_refused' | 'base_conflict';
/** `triage`, `risk`: what a bug is halted for before anything is implemented. */
export type HaltReason =
  | BreakerTrigger
  | Breakdown
  | PostPrHalt
  | 'no_changes'
  | 'red_team'
  | 'triage'
  | 'risk'
  | 'issue_held';

export type Step =
  /** Enter it with `enterPhase`. */
  | { readonly kind: 'phase'; readonly phase: WorkPhase }
  /** Ask the gate once more, for an answer in the right form. */
  | { readonly kind: 'repair'; readonly gate: Gate; readonly reasons: readonly string[] }
  | { readonly kind: 'red_team' }
  | { readonly kind: 'dissent' }
  /** Record the completion: RUNNING becomes COMPLETE. */
  | { readonly kind: 'complete' }
  | HaltStep;

export type Entry =
  /** Its unit is taken; the danger gate comes next, then the role. */
  | { readonly kind: 'start'; readonly phase: WorkPhase }
  /** Enter the same phase again at `until` (ISO 8601), or when `timeLeftMs` is over. */
  | { readonly kind: 'wait'; readonly phase: WorkPhase; readonly until: string }
  | HaltStep;

export interface HaltStep {
  readonly kind: 'halt';
  readonly reason: HaltReason;
  /** A sentence for people, without a full stop. */
  readonly detail: string;
  /** Set where the breaker has opened. */
  readonly trigger: BreakerTrigger | null;
}

export interface LoopFacts {
  readonly clock: Clock;
  /** The branch differs from its base. */
  readonly hasDiff: boolean;
  /** Is the red-team gate on, and `dissent.enabled`. */
  readonly redTeam: boolean;
  readonly dissent: boolean;
}

/** `now` is ISO 8601. `rate`: what a part of a greater run goes on with. */
export function newLoop(
  limits: BreakerLimits,
  callsPerHour: number,
  now: string,
  rate: RateState = newRate(callsPerHour, now),
): LoopState {
  return {
    cycle: 0,
    phase: 'INIT',
    due: null,
    uncounted: null,
    ...unjudged,
    notes: [],
    history: [],
    breaker: newBreaker(limits, now),
    rate,
  };
}

/** What holds of a cycle when its IMPLEMENT begins. */
export const unjudged = {
  changed: false,
  approvals: [],
  repaired: false,
  redTeamSettled: false,
  dissentSettled: false,
} as const;
