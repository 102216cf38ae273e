import type { BudgetState } from './budget.ts';
import type { Failure } from './failures.ts';
import type { PostPrInput } from './gated/post-pr-input.ts';
import type { GatedInput, GatedProgress, PlanInput, PlanProgress } from './gated/run-input.ts';
import type { RunSettings } from './settings.ts';

/**
 * `gated`: one target, implemented, reviewed and audited in cycles. `plan`: such targets one after the other, on one branch.
 * `bug`: a bug that is triaged first, and then such a target.
 */
export type RunType = 'sprint' | 'parallel' | 'issue' | 'gated' | 'plan' | 'bug';
export type TaskStatus = 'pending' | 'in_progress' | 'done' | 'failed' | 'skipped';
/** What a task is doing while it is in progress. */
export type TaskPhase = 'preparing' | 'waiting' | 'working' | 'pushing' | 'halted';

/** Where issues and pull requests live. Holds no credential. */
export type TrackerRef =
  | { readonly kind: 'github'; readonly apiUrl: string; readonly owner: string; readonly repo: string }
  | { readonly kind: 'local'; readonly commonDir: string };

/** Where the code is: a checkout on one host, or a remote that any host can clone. */
export type Source =
  | { readonly kind: 'checkout'; readonly hostId: string; readonly root: string }
  | { readonly kind: 'remote'; readonly url: string };

/** One issue to work on, as the plan saw it. Bodies are read when the task starts. */
export interface TaskSpec {
  readonly issue: number;
  readonly title: string;
  readonly order: number | null;
  /** Commit type: feat, fix, chore, refactor, docs. */
  readonly commitType: string;
  /** The sprint's branch, or the issue's own. */
  readonly branch: string;
  /** Work of an earlier execution that was committed and never pushed: no agent is paid for it again. */
  readonly committed: { readonly start: string; readonly commit: string } | null;
}

export interface RunContext {
  /** The workflow id. */
  readonly runId: string;
  readonly type: RunType;
  /** `owner/repo`, or the folder's name for a local tracker. */
  readonly repoName: string;
  readonly tracker: TrackerRef;
  readonly source: Source;
  /** Branch without `refs/heads/`; work is based on it and pull requests aim at it. */
  readonly baseBranch: string;
  /** Of a gated run: whatever may be the repository's default branch, protected also where work is based on another one. */
  readonly protectedBranches?: readonly string[];
  /** The one that runs of older versions have instead. */
  readonly defaultBranch?: string | null;
  /** Name of the git remote, null where there is none: work then stays on its branch. */
  readonly remote: string | null;
  readonly sprint: { readonly number: number; readonly title: string } | null;
  /** The sprint's branch; null in `issue` and `parallel` runs, where each task has its own. */
  readonly branch: string | null;
  /** The one issue of its sprint that was asked for; null for a whole sprint and other runs. */
  readonly only: number | null;
  readonly settings: RunSettings;
  /** Who started it: a user name, for people to read. */
  readonly startedBy: string;
  /** Whether an earlier execution of this run id may have left comments and a pull request. */
  readonly restarted: boolean;
  /** Of a gated run or a plan: what its folder of artifacts is called, `run-…` or `plan-…`. */
  readonly artifacts?: string;
}

/** What a run never writes to, whatever it is called. */
export function protectedIn(
  run: Pick<RunContext, 'baseBranch' | 'defaultBranch' | 'protectedBranches'>,
): readonly string[] {
  return [run.baseBranch, ...(run.defaultBranch ? [run.defaultBranch] : []), ...(run.protectedBranches ?? [])];
}

/** What a run is started with. Activities get the context, without the tasks. */
export interface RunInput extends RunContext {
  readonly tasks: readonly TaskSpec[];
  /** Open issues of the sprint that earlier runs have done: not run again, named in its pull request. */
  readonly finished: readonly { readonly issue: number; readonly title: string }[];
  /** Of a part of a parallel run: its parent tells when they are made; left out: they are. */
  readonly labelsComing?: boolean;
  /** Of `gated` and `bug` runs alone, which have one task. */
  readonly gated?: GatedInput;
  readonly plan?: PlanInput;
  /** Of the validation of a gated run's draft, or a plan's, with `gated`. */
  readonly postPr?: PostPrInput;
}

/** Implements, reviews and audits, up to a draft that only people merge. */
export function goesThroughGates(type: RunType): boolean {
  return type === 'gated' || type === 'plan' || type === 'bug';
}

export interface TaskState extends TaskSpec {
  readonly status: TaskStatus;
  readonly phase: TaskPhase | null;
  readonly pr: number | null;
  readonly prUrl: string | null;
  readonly error: Failure | null;
  /** Real agent starts so far. */
  readonly attempts: number;
  /** The latest of them: a folder under the host's state directory. */
  readonly attemptId: string | null;
  /** The agent's session, to go on with after a halt. */
  readonly session: string | null;
  /** Branch tip the task began at, and the one it ended with. */
  readonly startCommit: string | null;
  readonly commit: string | null;
  /** Whether work of an attempt is kept on `refs/locus/wip/…`. */
  readonly unfinished: boolean;
  /** The agent's closing words, at most 4 KB. */
  readonly summary: string | null;
  /** How often it has failed in this run; from the second time on the comment is updated. */
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly costUsd: number;
}

export type RunStatus = 'running' | 'halted' | 'finished' | 'stopped';

/** What a run sleeps for: a permit to start an agent, the end of a usage limit, a host, a part of the budget. */
export interface Waiting {
  readonly reason: string;
  /** Epoch milliseconds; null: nobody knows. */
  readonly until: number | null;
}

/** Everything a client may want to know of a run; the answer of the query `progress`. */
export interface RunState {
  readonly runId: string;
  readonly type: RunType;
  readonly repoName: string;
  readonly sprint: string | null;
  readonly branch: string | null;
  readonly only: number | null;
  readonly status: RunStatus;
  readonly halt: { readonly reason: string; readonly failure: Failure | null; readonly at: number } | null;
  /** Why it halts as soon as what runs lets go; left out: nobody wants it to, or it is halted. */
  readonly halting?: string;
  readonly waiting: Waiting | null;
  readonly budget: BudgetState;
  /** The host that holds the run's workspace; null before one is claimed, and for a parallel run, whose tasks have their own. */
  readonly hostId: string | null;
  readonly tasks: readonly TaskState[];
  /** The sprint's pull request. */
  readonly pr: { readonly number: number; readonly url: string } | null;
  /** Tracker writes that were refused for good and that nothing else depends on. */
  readonly warnings: readonly string[];
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly gated?: GatedProgress;
  readonly plan?: PlanProgress;
}

/** At most 1 KB, in the workflow's memo: readable when no worker runs. */
export interface RunMemo {
  readonly type: RunType;
  readonly repoName: string;
  readonly sprint: string | null;
  readonly only: number | null;
  readonly status: RunStatus;
  /** Counts by status: pending, in progress, done, failed. */
  readonly counts: readonly [number, number, number, number];
  readonly current: readonly number[];
  readonly waitingUntil: number | null;
  readonly failure: string | null;
  /** Of a gated run: `RUNNING REVIEW 2`, its state, phase and cycle. */
  readonly gated?: string;
}
