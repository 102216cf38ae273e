import type { Failure } from './failures.ts';
import type { RunSettings } from './settings.ts';

export type RunType = 'sprint' | 'parallel' | 'issue';
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
}

export interface RunInput {
  /** The workflow id. */
  readonly runId: string;
  readonly type: RunType;
  /** `owner/repo`, or the folder's name for a local tracker. */
  readonly repoName: string;
  readonly tracker: TrackerRef;
  readonly source: Source;
  /** Branch without `refs/heads/`; work is based on it and pull requests aim at it. */
  readonly baseBranch: string;
  /** Name of the git remote, null where there is none: work then stays on its branch. */
  readonly remote: string | null;
  readonly sprint: { readonly number: number; readonly title: string } | null;
  /** The sprint's branch; tasks of an `issue` or `parallel` run have one each, made from the issue's number. */
  readonly branch: string | null;
  /** Branches for standalone issues whose usual name is taken by a finished pull request: issue number → branch. */
  readonly branches: Readonly<Record<number, string>>;
  readonly tasks: readonly TaskSpec[];
  readonly settings: RunSettings;
  /** Who started it: a user name, for people to read. */
  readonly startedBy: string;
}

export interface TaskState {
  readonly issue: number;
  readonly title: string;
  readonly order: number | null;
  readonly status: TaskStatus;
  readonly phase: TaskPhase | null;
  readonly branch: string;
  readonly pr: number | null;
  readonly prUrl: string | null;
  readonly error: Failure | null;
  /** Real agent starts so far. */
  readonly attempts: number;
  /** Ids of those attempts, latest last: folders under the state directory of `host`. */
  readonly attemptId: string | null;
  /** Branch tip the task began at, and the one it ended with. */
  readonly startCommit: string | null;
  readonly commit: string | null;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly costUsd: number;
}

export type RunStatus = 'running' | 'halted' | 'finished' | 'stopped';

/** Everything a client may want to know of a run; the answer of the query `progress`. */
export interface RunState {
  readonly runId: string;
  readonly type: RunType;
  readonly repoName: string;
  readonly sprint: string | null;
  readonly branch: string | null;
  readonly status: RunStatus;
  readonly halt: { readonly reason: string; readonly failure: Failure | null; readonly at: number } | null;
  /** Set while the run waits for a permit to start an agent. */
  readonly waiting: { readonly reason: string; readonly until: number } | null;
  readonly tasks: readonly TaskState[];
  /** The sprint's pull request. */
  readonly pr: { readonly number: number; readonly url: string } | null;
  /** Tracker writes that were refused for good and that nothing else depends on. */
  readonly warnings: readonly string[];
  readonly startedAt: number;
  readonly finishedAt: number | null;
}

/** At most 1 KB, in the workflow's memo: readable when no worker runs. */
export interface RunMemo {
  readonly type: RunType;
  readonly repoName: string;
  readonly sprint: string | null;
  readonly status: RunStatus;
  /** Counts by status: pending, in progress, done, failed. */
  readonly counts: readonly [number, number, number, number];
  readonly current: readonly number[];
  readonly waitingUntil: number | null;
  readonly failure: string | null;
  /** Grows with each change of state. */
  readonly revision: number;
}
