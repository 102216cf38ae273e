import type { CrossModelReview, TestRun } from './body-parts.ts';
import type { QueuedBug } from './pr-review.ts';
import type { Rounds } from './rounds.ts';
import type { Mode } from './state.ts';

export type PostPrStateName =
  | 'PR_CREATED'
  | 'POST_PR_AUDIT'
  | 'FIX_AUDIT'
  | 'CONTEXT_CLEAR'
  | 'E2E_TESTING'
  | 'FIX_E2E'
  | 'CROSS_MODEL_REVIEW'
  | 'PR_REVIEW'
  | 'READY_FOR_HITL'
  | 'HALTED';
export type PostPrPhase = 'post_pr_audit' | 'context_clear' | 'e2e_testing' | 'cross_model_review' | 'pr_review';
export type PhaseStatus = 'pending' | 'in_progress' | 'completed' | 'skipped' | 'failed';
export type PostPrMarker = 'PR-AUDITED' | 'PR-E2E-PASSED' | 'PR-VALIDATED';

/** Why validation halted → what `post_pr.exit` says: 2 a phase timed out, 3 failed, 4 the second model, 5 a person. */
export const haltExits = {
  audit_circuit_breaker: 3,
  audit_escalated: 3,
  audit_timeout: 2,
  audit_error: 3,
  audit_max_iterations: 3,
  build_failed: 3,
  e2e_circuit_breaker: 3,
  e2e_timeout: 2,
  e2e_error: 3,
  e2e_max_iterations: 3,
  cross_model_blocker: 4,
  cross_model_config_error: 4,
  pr_review_no_findings: 3,
  pr_review_failed: 3,
  user_interrupt: 5,
} as const;
export type PostPrHalt = keyof typeof haltExits;

/** In the order in which they run. Timeouts in seconds. */
export const postPrPhases = [
  { phase: 'post_pr_audit', state: 'POST_PR_AUDIT', timeoutS: 600, marker: 'PR-AUDITED' },
  { phase: 'context_clear', state: 'CONTEXT_CLEAR', timeoutS: 60, marker: null },
  { phase: 'e2e_testing', state: 'E2E_TESTING', timeoutS: 1200, marker: 'PR-E2E-PASSED' },
  { phase: 'cross_model_review', state: 'CROSS_MODEL_REVIEW', timeoutS: 300, marker: null },
  { phase: 'pr_review', state: 'PR_REVIEW', timeoutS: 600, marker: null },
] as const satisfies readonly {
  readonly phase: PostPrPhase;
  readonly state: PostPrStateName;
  readonly timeoutS: number;
  readonly marker: PostPrMarker | null;
}[];

/** The validation of one pull request. Times are ISO 8601. */
export interface PostPrState {
  /** `post-pr-YYYYMMDD-<8 hex>`. */
  readonly post_pr_id: string;
  readonly pr_url: string;
  readonly branch: string;
  readonly mode: Mode;
  readonly state: PostPrStateName;
  readonly phases: Readonly<Record<PostPrPhase, PhaseStatus>>;
  /** Why a phase was skipped or failed, or what it says beside its status. */
  readonly notes: Readonly<Partial<Record<PostPrPhase, string>>>;
  readonly markers: readonly PostPrMarker[];
  readonly rounds: { readonly audit: Rounds; readonly e2e: Rounds; readonly review: Rounds };
  readonly timestamps: { readonly started: string; readonly last_activity: string };
  /** Only while halted. */
  readonly halt?: { readonly reason: PostPrHalt; readonly timestamp: string; readonly detail?: string };
  /** null while it goes on. */
  readonly exit: 0 | 2 | 3 | 4 | 5 | null;
  /** What the latest round of build and tests has run. */
  readonly tests?: readonly TestRun[];
  readonly reviews?: readonly CrossModelReview[];
  /** What a person is to start a bug run for. */
  readonly bugs?: readonly QueuedBug[];
  /** Pushed since, by fix steps or after a person's commits: the gates before the pull request have not seen them. */
  readonly fix_commits?: readonly string[];
  /** The latest of them that `agent.verify` has ended well on. */
  readonly verified?: string;
}

/** What the end of a phase's time leads to: only the second model's review can be done without. */
export const lateHalts: Readonly<Record<PostPrPhase, PostPrHalt | null>> = {
  post_pr_audit: 'audit_timeout',
  context_clear: 'e2e_error',
  e2e_testing: 'e2e_timeout',
  cross_model_review: null,
  pr_review: 'pr_review_no_findings',
};
