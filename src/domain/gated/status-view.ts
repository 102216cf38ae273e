import type { BugState } from './bug-state.ts';
import { type Computed, computedOf } from './clock.ts';
import { type PostPrPhase, type PostPrState, postPrPhases } from './post-pr-state.ts';
import type { BreakerState, PlanState, TargetState } from './state.ts';

/** What a gated run answers to a query. `excludedMs`: time so far that does not count towards the timeout. */
export interface RunView {
  readonly run: TargetState;
  readonly circuit_breaker: BreakerState;
  readonly excludedMs?: number;
  /** Validation of its pull request, once it has begun. */
  readonly post_pr?: PostPrState;
  readonly bug?: BugState;
  /** From gate-note.ts: gates that did not run, and warnings. */
  readonly notes?: readonly string[];
}

/** A plan, with the run of the sprint that it is at; null between sprints. */
export interface PlanView {
  readonly plan: PlanState;
  readonly current: RunView | null;
  /** The plan's own, where it has opened and no sprint is shown. */
  readonly breaker?: BreakerState;
  readonly excludedMs?: number;
  /** Validation of its one draft, once it has begun. */
  readonly post_pr?: PostPrState;
}

/** What it is at: a phase of its loop, the triage before it, or a phase of the validation of its draft. */
export function phaseOf({ run, bug, post_pr }: Pick<RunView, 'run' | 'bug' | 'post_pr'>): string {
  if (bug?.state === 'TRIAGE' || bug?.halt?.state === 'TRIAGE') return 'TRIAGE';
  return post_pr === undefined || run.state === 'RUNNING' ? run.phase : phaseOfValidation(post_pr);
}

export function phaseOfPlan({ current, post_pr }: Pick<PlanView, 'current' | 'post_pr'>): string {
  if (post_pr !== undefined) return phaseOfValidation(post_pr);
  return current === null ? 'INIT' : phaseOf(current);
}

/** Halted, it is in the phase that a resume runs again. */
function phaseOfValidation({ state, phases }: PostPrState): string {
  const isOpen = (phase: PostPrPhase) => phases[phase] !== 'completed' && phases[phase] !== 'skipped';
  return state === 'HALTED' ? (postPrPhases.find(({ phase }) => isOpen(phase))?.state ?? state) : state;
}

/** `now` is in milliseconds. */
export function computedOfRun({ run, circuit_breaker, excludedMs }: RunView, now: number): Computed {
  return computedOf(run, circuit_breaker.triggers.timeout, now, excludedMs);
}

/** The timeout is the plan's, not the sprint's. */
export function planComputed(plan: PlanState, now: number, excludedMs?: number): Computed {
  const { timestamps, options, failure } = plan;
  const run = failure ? { ...plan, halt: failure } : plan;
  return computedOf(run, { started: timestamps.started, limit_hours: options.timeout_hours }, now, excludedMs);
}
