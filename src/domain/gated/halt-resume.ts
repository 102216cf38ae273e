import { oneLine } from '../text.ts';
import { probeBreaker, resetBreaker } from './breaker.ts';
import type { BreakerState, BreakerTrip, RunStateName } from './state.ts';

export const defaultHaltReason = 'Manual halt';

/** `already`: nothing to do, exit 0. `refused`: exit 1. Each with a sentence or two for people. */
export type HaltDecision =
  | { readonly kind: 'halt'; readonly reason: string }
  | { readonly kind: 'already'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/** `state` is null where there is no run; `reason` is a person's, or null. */
export function decideHalt(state: RunStateName | null, reason: string | null): HaltDecision {
  if (state === null || state === 'READY') return { kind: 'refused', message: 'there is no gated run to halt' };
  if (state === 'HALTED') {
    return { kind: 'already', message: 'the run is halted already; go on with `locus resume`' };
  }
  if (state === 'JACKED_OUT' || state === 'READY_FOR_HITL') {
    return { kind: 'refused', message: `the run has ended (${state}): there is nothing to halt` };
  }
  return { kind: 'halt', reason: oneLine(reason ?? '') || defaultHaltReason };
}

/** Where the run's branch on the remote stands, beside the local one. */
export type RemotePosition = 'absent' | 'equal' | 'local_ahead' | 'remote_ahead' | 'diverged';

export interface ResumeFlags {
  readonly reset: boolean;
  readonly probe: boolean;
  readonly force: boolean;
}

export interface ResumeFacts {
  /** null: there is no run. */
  readonly state: RunStateName | null;
  /** The one that the run works on. */
  readonly runBranch: string;
  /** The one that its workspace is on, or that a person asked for; null: detached. */
  readonly branch: string | null;
  readonly remote: RemotePosition;
  readonly breaker: BreakerState;
}

export type ResumeRefusal = 'no_run' | 'not_halted' | 'branch_mismatch' | 'remote_moved' | 'breaker_open';

export type ResumeDecision =
  /** What is done to the breaker; a probe goes on where the run was halted in one. */
  | { readonly kind: 'resume'; readonly breaker: 'keep' | 'reset' | 'probe' }
  /** Exit 1, and nothing has changed. */
  | { readonly kind: 'refused'; readonly because: ResumeRefusal; readonly message: string };

/** A reset outweighs a probe. The first refusal is told. */
export function decideResume(facts: ResumeFacts, flags: ResumeFlags): ResumeDecision {
  const { state, runBranch, branch, remote, breaker } = facts;
  if (state === null) return refused('no_run', 'there is no gated run to resume');
  if (state !== 'HALTED') return refused('not_halted', `the run is not halted: it is ${state}`);
  if (branch !== runBranch) {
    const found = branch === null ? 'HEAD is detached' : `the branch is ${oneLine(branch)}`;
    return refused('branch_mismatch', `branch mismatch: the run works on ${oneLine(runBranch)}, and ${found}`);
  }
  if (!flags.force && (remote === 'remote_ahead' || remote === 'diverged')) {
    const how = remote === 'diverged' ? 'has diverged' : 'is ahead';
    const message = `the remote branch ${oneLine(runBranch)} ${how}: bring it in, or resume with --force`;
    return refused('remote_moved', message);
  }
  if (flags.reset) return { kind: 'resume', breaker: 'reset' };
  if (breaker.state !== 'OPEN') return { kind: 'resume', breaker: 'keep' };
  if (flags.probe || flags.force) return { kind: 'resume', breaker: 'probe' };
  return refused('breaker_open', `the circuit breaker is open: ${tripText(breaker.history.at(-1))}. ${howToGoOn}`);
}

/** What the decision makes of the breaker. */
export function resumedBreaker(breaker: BreakerState, how: 'keep' | 'reset' | 'probe', now: string): BreakerState {
  if (how === 'keep') return breaker;
  return how === 'reset' ? resetBreaker(breaker, now) : probeBreaker(breaker);
}

export function tripText(trip: BreakerTrip | undefined): string {
  return trip ? `${trip.trigger} at ${trip.timestamp}, ${oneLine(trip.reason)}` : 'nothing is recorded of why';
}

const howToGoOn = 'Resume with --reset-breaker to begin counting anew, or with --probe for one cycle';

function refused(because: ResumeRefusal, message: string): ResumeDecision {
  return { kind: 'refused', because, message };
}
