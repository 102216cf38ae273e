/**
 * What a gated run holds and shows. People and scripts read these names, so they are spelled as they are shown. Times are
 * ISO 8601 in UTC.
 */

export type RunStateName = 'READY' | 'JACK_IN' | 'RUNNING' | 'COMPLETE' | 'HALTED' | 'JACKED_OUT' | 'READY_FOR_HITL';
export type Phase = 'INIT' | 'IMPLEMENT' | 'REVIEW' | 'AUDIT' | 'RATE_LIMITED';
export type Mode = 'autonomous' | 'interactive';
export type PushMode = 'AUTO' | 'PROMPT' | 'LOCAL';
export type Severity = 'critical' | 'high' | 'medium' | 'low';
export type Role = 'implementer' | 'reviewer' | 'auditor' | 'red-team' | 'triage';
/** Whose answer a finding stands in. */
export type Gate = 'review' | 'audit';

/** What a gate has against the work. */
export interface Finding {
  readonly id: string;
  readonly category: string;
  readonly rule: string;
  readonly file: string;
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
}

/** One phase of one cycle that has ended. */
export interface CyclePhase {
  readonly cycle: number;
  readonly phase: 'IMPLEMENT' | 'REVIEW' | 'AUDIT';
  readonly findings: number;
  readonly files_changed: number;
}

export interface Deletion {
  /** Relative to the repository's root, with `/`. */
  readonly path: string;
  readonly sprint: string;
  readonly cycle: number;
}

/** One gated target: a sprint or an issue. */
export interface TargetState {
  readonly run_id: string;
  readonly target: string;
  readonly branch: string;
  readonly state: RunStateName;
  readonly phase: Phase;
  readonly mode: Mode;
  readonly timestamps: { readonly started: string; readonly last_activity: string };
  readonly cycles: { readonly current: number; readonly limit: number; readonly history: readonly CyclePhase[] };
  readonly metrics: {
    readonly files_changed: number;
    readonly files_deleted: number;
    readonly commits: number;
    readonly findings_fixed: number;
  };
  readonly options: {
    readonly max_cycles: number;
    readonly timeout_hours: number;
    readonly dry_run: boolean;
    readonly local_mode: boolean;
    readonly confirm_push: boolean;
    readonly push_mode: PushMode;
  };
  readonly completion: Completion;
  /** Only while halted. */
  readonly halt?: { readonly reason: string; readonly timestamp: string };
  readonly red_team_code: RedTeamProgress;
  readonly deletions: readonly Deletion[];
}

export interface Completion {
  readonly pushed: boolean;
  readonly pr_created: boolean;
  readonly pr_url: string | null;
  /** Such as `local_mode`, `user_declined`, `auto_pr_off`. */
  readonly skipped_reason: string | null;
}

export type BreakerTrigger = 'same_issue' | 'no_progress' | 'cycle_limit' | 'timeout' | 'rate_limit';

/** How often in a row a gate told the same set of findings. */
export interface SameIssue {
  readonly count: number;
  /** Of the set, see identity.ts; null before any was told. */
  readonly last_hash: string | null;
}

/** What ends a loop that goes nowhere. */
export interface BreakerState {
  /** OPEN: it has tripped. HALF_OPEN: it lets one cycle through, to see whether it may close. */
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly triggers: {
    /** `count` and `last_hash` are those of the gate that told findings last; each gate has its own in `by_gate`. */
    readonly same_issue: SameIssue & {
      readonly threshold: number;
      readonly by_gate: Readonly<Record<Gate, SameIssue>>;
    };
    readonly no_progress: { readonly count: number; readonly threshold: number };
    readonly cycle_count: { readonly current: number; readonly limit: number };
    readonly timeout: { readonly started: string; readonly limit_hours: number };
  };
  /** Every trip, oldest first; a reset keeps it. */
  readonly history: readonly BreakerTrip[];
}

export interface BreakerTrip {
  readonly timestamp: string;
  readonly trigger: BreakerTrigger;
  readonly reason: string;
}

export interface RedTeamProgress {
  readonly cycles: number;
  readonly max_cycles: number;
  readonly findings_total: number;
  readonly divergences_found: number;
  readonly last_findings_hash: string | null;
}

export type SprintStatus = 'pending' | 'in_progress' | 'completed';

/** A plan's sprints on one branch. */
export interface PlanState {
  readonly plan_id: string;
  readonly branch: string;
  readonly state: RunStateName;
  readonly timestamps: { readonly started: string; readonly last_activity: string };
  readonly sprints: {
    readonly total: number;
    readonly completed: number;
    /** null between sprints and at the end. */
    readonly current: string | null;
    readonly list: readonly PlanSprint[];
  };
  readonly options: {
    readonly from: number;
    readonly to: number;
    readonly max_cycles: number;
    readonly timeout_hours: number;
  };
  readonly metrics: {
    readonly total_cycles: number;
    readonly total_files_changed: number;
    readonly total_findings_fixed: number;
  };
  /** Of its latest push: of one draft for all, or of a sprint's. Left out in states of an earlier Locus. */
  readonly completion?: Completion;
  readonly failure?: { readonly sprint: string; readonly reason: string; readonly timestamp: string };
}

export interface PlanSprint {
  /** `sprint-N`. */
  readonly id: string;
  readonly status: SprintStatus;
  readonly cycles: number;
  readonly files_changed?: number;
  readonly findings_fixed?: number;
}
