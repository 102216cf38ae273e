import type { Failure } from '../domain/failures.ts';
import type { AgentRole } from '../domain/gated/run-input.ts';
import type { LimitReport, PermitAnswer, PermitRequest } from '../domain/permits.ts';
import type { RunContext, TaskSpec, TaskState } from '../domain/run.ts';
import type { Provider } from '../domain/settings.ts';
import type { Workspace } from '../domain/workspace.ts';

/** Activities that need no workspace. Any worker runs them; for a `local` tracker, the host of the repository. */
export interface TrackerActivities {
  /** Makes the labels a run uses. */
  prepareTracker(run: RunContext): Promise<void>;
  /** One status label: in progress. */
  markStarted(run: RunContext, change: StatusChange): Promise<void>;
  /** One status label and one comment: done or failed. */
  reportResult(run: RunContext, report: TaskReport): Promise<void>;
  /** Several of these at once; answers which are written. What is not is to be tried by itself. */
  writeTogether(run: RunContext, writes: readonly TrackerWrite[]): Promise<readonly boolean[]>;
  /** Takes the status label back: the task was stopped. */
  clearStatus(run: RunContext, change: StatusChange): Promise<void>;
  openIssuePull(run: RunContext, request: IssuePullRequest): Promise<PullRef>;
  openSprintPull(run: RunContext, request: SprintPullRequest): Promise<PullRef>;
}

/** Activities of the host that holds the workspace. */
export interface HostActivities {
  /** Workspace made and ready, base brought in, issue read, prompt written. */
  prepareTask(run: RunContext, request: PrepareRequest): Promise<PreparedTask>;
  /** One attempt: agent started (or found again), followed to its end, its work verified and committed. */
  runAgent(run: RunContext, request: AttemptRequest): Promise<AttemptResult>;
  /** Answers when nothing of that attempt runs any more. */
  endAgent(request: { readonly attemptId: string; readonly force?: boolean }): Promise<void>;
  /** Puts an ended attempt's unfinished work on `refs/locus/wip/<task>` and leaves a clean tree. */
  keepUnfinished(run: RunContext, request: KeepRequest): Promise<{ readonly kept: boolean }>;
  pushBranch(run: RunContext, request: PushRequest): Promise<void>;
  /** Removes a worktree whose work is safe, gives the person's branch back in root mode. */
  releaseWorkspace(run: RunContext, request: { readonly branch: string }): Promise<void>;
  /** Frees the slot that a workflow has claimed here. */
  leaveWorkspace(request: { readonly workflowId: string }): Promise<void>;
}

export interface SharedActivities {
  /** Taken by any host that has a free slot: it holds the slot for that workflow and does its work. */
  claimWorkspace(request: { readonly workflowId: string }): Promise<{ readonly hostId: string }>;
  acquirePermit(request: PermitRequest & { readonly provider: Provider }): Promise<PermitAnswer>;
  releasePermit(request: { readonly provider: Provider; readonly attemptId: string }): Promise<void>;
  /** The account's usage limit was met: answers until when no agent of it starts, in epoch milliseconds. */
  reportLimit(request: LimitReport & { readonly provider: Provider }): Promise<{ readonly until: number }>;
}

export interface StatusChange {
  readonly issue: number;
  /** Status labels the issue was last seen with; null: look first. */
  readonly labels: readonly string[] | null;
}

export interface TaskReport extends StatusChange {
  readonly kind: 'done' | 'failed';
  readonly summary: string;
  readonly failure: Failure | null;
  readonly durationMs: number;
  readonly pr: number | null;
  /** An earlier comment of this kind may stand there. */
  readonly mayExist: boolean;
}

export type TrackerWrite =
  | { readonly kind: 'markStarted'; readonly change: StatusChange }
  | { readonly kind: 'reportResult'; readonly change: TaskReport };

export interface PullRef {
  readonly number: number;
  readonly url: string;
  /** A person has opened it, or marked it ready: its title and body are theirs. */
  readonly isTheirs?: boolean;
}

export interface IssuePullRequest {
  readonly issue: number;
  readonly title: string;
  readonly branch: string;
  readonly summary: string;
  readonly mayExist: boolean;
}

export interface SprintPullRequest {
  readonly branch: string;
  readonly sprint: string;
  readonly tasks: readonly Pick<TaskState, 'issue' | 'title' | 'status' | 'error'>[];
}

export interface WorkspaceRequest {
  readonly task: TaskSpec;
  /** Whether this run has made it ready before. */
  readonly resuming: boolean;
  /** The tip the task began at, when it began before. */
  readonly startCommit: string | null;
  /** The attempt whose unfinished work is given back; null: nothing is. */
  readonly attemptId: string | null;
  /** This run has pushed the branch, or is about to: its commits are not to be made anew. */
  readonly pushed: boolean;
}

export interface PrepareRequest extends WorkspaceRequest {
  /** The agent start that is asked for meanwhile. */
  readonly permit: PermitRequest & { readonly provider: Provider };
  /** Issues of the tasks that follow in the run, nearest first. */
  readonly next: readonly number[];
}

export type PreparedTask =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'ready';
      readonly workspace: Workspace;
      readonly startCommit: string;
      /** Status labels of the issue as just read. */
      readonly labels: readonly string[];
      readonly prompt: { readonly file: string; readonly length: number; readonly sha256: string };
      /** null: the gate has not answered. */
      readonly permit: PermitAnswer | null;
      /** The branch was there before this run: a pull request for it may be too. */
      readonly branchExisted: boolean;
    };

export interface AttemptRequest {
  readonly task: TaskSpec;
  readonly attemptId: string;
  readonly workspace: Workspace;
  readonly startCommit: string;
  readonly promptFile: string;
  /** Session of a killed or halted attempt, to go on with. */
  readonly session: string | null;
  /** Epoch seconds. */
  readonly deadline: number;
  /** The most that this attempt may cost; null: no limit. */
  readonly allowanceUsd: number | null;
  /** Of gated runs; left out: the implementer of a plain one. */
  readonly role?: AgentRole;
  /** What is done in the same step once the work is made, where it goes well at once; left out: nothing. */
  readonly afterwards?: {
    readonly push: boolean;
    /** The task that comes next in the same workspace; null: none does. */
    readonly next: PrepareRequest | null;
  };
}

/** What is not done yet has a step of its own to come. */
export interface DoneAfterwards {
  readonly pushed: boolean;
  readonly next: PreparedTask | null;
}

interface AttemptFigures {
  readonly session: string | null;
  /** What this attempt cost, without what its session had cost before. */
  readonly costUsd: number;
  readonly durationMs: number;
}

export type AttemptResult =
  | (AttemptFigures & {
      readonly outcome: 'done';
      readonly commit: string;
      readonly summary: string;
      readonly afterwards?: DoneAfterwards;
    })
  /** What a role that judges has said. `tampered`: it has changed the workspace, and that was undone; `aside` keeps it. */
  | (AttemptFigures & {
      readonly outcome: 'answered';
      readonly answer: string;
      readonly tampered: boolean;
      readonly aside?: string;
    })
  | (AttemptFigures & {
      readonly outcome: 'failed';
      readonly failure: Failure;
      /** Another attempt may do better. */
      readonly retry: boolean;
      /** The agent was killed: its session and its tree can be gone on with. */
      readonly killed: boolean;
      /** Where it has ended by itself. */
      readonly exitCode?: number;
    })
  /** By halt, stop or its lease: counts for nothing. */
  | (AttemptFigures & { readonly outcome: 'ended' })
  /** The provider account's usage limit: counts for nothing. `until`, in epoch milliseconds, where the agent was told it. */
  | (AttemptFigures & { readonly outcome: 'limited'; readonly until: number | null; readonly failure: Failure })
  /** Ended by us while it worked, because it had cost its allowance. */
  | (AttemptFigures & { readonly outcome: 'overspent' });

export interface KeepRequest {
  readonly task: TaskSpec;
  readonly workspace: Workspace;
  readonly attemptId: string | null;
  readonly startCommit: string;
}

export interface PushRequest {
  readonly branch: string;
  readonly commit: string;
}
