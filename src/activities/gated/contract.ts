import type { Commit, LeftBehind } from '../../domain/gated/body-parts.ts';
import type { BugIds } from '../../domain/gated/micro-sprint.ts';
import type { TestFailure } from '../../domain/gated/post-pr-e2e.ts';
import type { EarlierFindings, PromptFinding } from '../../domain/gated/prompt-parts.ts';
import type { RedTeamRecord } from '../../domain/gated/red-team.ts';
import type { AgentRole, BugTarget, GatedTarget } from '../../domain/gated/run-input.ts';
import type { GatedSettings } from '../../domain/gated/settings.ts';
import type { Gate, Mode } from '../../domain/gated/state.ts';
import type { TriageInput, TriageStep } from '../../domain/gated/triage.ts';
import type { Triage } from '../../domain/gated/triage-record.ts';
import type { RunContext, TaskSpec } from '../../domain/run.ts';
import type { Workspace } from '../../domain/workspace.ts';
import type { PullRef, WorkspaceRequest } from '../contract.ts';

/** What gated runs ask of the host of their workspace, beside what all runs do. */
export interface GatedHostActivities {
  /** The target's workspace, clean and on its branch. */
  openTarget(run: RunContext, request: OpenRequest): Promise<OpenedTarget>;
  /** Opens the workspace as it is, and answers which of these commits its branch has, and which of them its base. */
  findCommits(run: RunContext, request: CommitsRequest): Promise<FoundCommits>;
  /** Writes the prompt of a role, after the guardrails have looked at what comes from outside. */
  writePrompt(run: RunContext, request: RolePromptRequest): Promise<RolePrompt>;
  /** Commits what lies in the workspace; where nothing does, answers the commit it stands on. */
  commitPending(run: RunContext, request: PendingRequest): Promise<{ readonly commit: string }>;
  /** What the branch comes to beside its base, and what has been deleted since `since`. */
  lookAtBranch(run: RunContext, request: BranchRequest): Promise<BranchFacts>;
  /** What a bug needs before its triage. The same bug gets the same number, however often it is asked. */
  openBug(run: RunContext, request: BugRequest): Promise<OpenedBug>;
  /** What follows from what a triage has found out. */
  weighTriage(run: RunContext, request: TriageRequest): Promise<TriageStep>;
  /** Leaves the triage record and its micro-sprint on the branch. */
  recordTriage(run: RunContext, request: RecordRequest): Promise<RecordedTriage>;
  /** Where the run's branch on the remote stands beside ours. */
  comparePosition(run: RunContext, request: { readonly branch: string }): Promise<RemotePlace>;
}

export interface GatedTrackerActivities {
  /** Leaves exactly one open draft for the branch, with that title and body; on one that is a person's it comments. */
  openDraft(run: RunContext, draft: DraftRequest): Promise<PullRef>;
  /** The open pull request of the branch, or null. */
  findDraft(run: RunContext, request: { readonly branch: string }): Promise<PullRef | null>;
  /** One status label: in review. */
  markInReview(run: RunContext, request: { readonly issue: number }): Promise<void>;
}

/** Of the run, as far as its activities need it. */
export interface GatedContext {
  readonly id: string;
  readonly target: GatedTarget;
  readonly mode: Mode;
  readonly allowHigh: boolean;
  readonly guardrails: GatedSettings['guardrails'];
}

export interface OpenRequest extends WorkspaceRequest {
  /** The base is not brought in: there is work that gates have seen. */
  readonly asItIs: boolean;
  /** Where an earlier run of this target began; left out: there was none. */
  readonly began?: string;
  /** The latest commit of the branch that earlier runs are known to have left; left out: none. */
  readonly left?: string;
  /** A commit that the branch must have; left out: none. */
  readonly builtOn?: string;
}

export interface OpenedTarget {
  readonly workspace: Workspace;
  readonly startCommit: string;
  /** That commit, where the branch has work that came after it; left out: it begins at `startCommit`. */
  readonly began?: string;
  /** In a checkout: the branch does not have `builtOn`, so a person has made it anew. */
  readonly isRemade?: boolean;
}

export interface CommitsRequest {
  readonly task: TaskSpec;
  /** The latest last. */
  readonly commits: readonly string[];
}

export interface FoundCommits {
  readonly held: readonly string[];
  /** Left out by an earlier build: none. */
  readonly merged?: readonly string[];
}

export interface RolePromptRequest {
  readonly gated: GatedContext;
  readonly task: TaskSpec;
  readonly role: AgentRole;
  readonly workspace: Workspace;
  readonly commit: string;
  readonly about: PromptAbout;
}

export type PromptAbout =
  | {
      readonly kind: 'implement';
      /** The latest answers that asked for changes; null: none. */
      readonly feedback: {
        readonly audit: string | null;
        readonly review: string | null;
        readonly redTeam: string | null;
      };
      readonly earlier: readonly EarlierFindings[];
    }
  | {
      readonly kind: 'judge';
      readonly gate: Gate;
      readonly report: string;
      readonly earlier: readonly EarlierFindings[];
    }
  | {
      readonly kind: 'repair';
      readonly by: Gate | 'red-team' | 'triage';
      readonly problems: readonly string[];
      readonly answer: string;
    }
  | {
      readonly kind: 'triage';
      /** What people have said since the last look, oldest first. */
      readonly answers: readonly { readonly question: string; readonly answer: string }[];
    }
  | {
      readonly kind: 'red_team';
      readonly designDoc: string;
      readonly skipWithoutDesign: boolean;
      readonly feedback: readonly string[];
      /** A commit before all that the run's agents have written: it may have the design that the base has not. */
      readonly began?: string;
    }
  | { readonly kind: 'fix_audit'; readonly findings: readonly PromptFinding[] }
  | {
      readonly kind: 'fix_e2e';
      readonly command: string;
      readonly exitCode: number | null;
      readonly failures: readonly TestFailure[];
      /** The artifact that holds what the command printed. */
      readonly log: string;
    }
  /** A second opinion: scores of a model, or a round of the pull request's review. `known`: what there is already. */
  | {
      readonly kind: 'score' | 'pull_review';
      readonly known: readonly { readonly id: string; readonly title: string }[];
    };

export type RolePrompt =
  | { readonly kind: 'ready'; readonly file: string; readonly length: number; readonly sha256: string }
  /** The danger gate or a guardrail keeps the role from starting. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The red team has nothing to compare. */
  | { readonly kind: 'nothing'; readonly record: RedTeamRecord };

export interface PendingRequest {
  readonly workspace: Workspace;
  readonly startCommit: string;
  readonly message: string;
  /** Whose agent may have worked there; null: nobody's. */
  readonly attemptId: string | null;
}

export interface BranchRequest {
  readonly commit: string;
  readonly since: string;
  /** What it is compared with; null: the base branch. */
  readonly base: string | null;
  /** A branch whose workspace and kept work are looked at as well. */
  readonly leftOf?: string;
}

export interface BranchFacts {
  readonly files: number;
  readonly commits: number;
  /** Added and deleted, in all of them together. */
  readonly lines: number;
  /** The latest of them, newest first, at most 300. */
  readonly log: readonly Commit[];
  /** Files that differ since `since`. */
  readonly changed: number;
  /** Between `since` and the commit, renames aside. */
  readonly deleted: readonly string[];
  readonly added: readonly string[];
  /** Where it was asked for. */
  readonly left?: LeftBehind;
}

export interface BugRequest {
  readonly bug: string;
  readonly workspace: Workspace;
  readonly commit: string;
}

export interface OpenedBug {
  /** Of its micro-sprint, `sprint-bug-N`. */
  readonly number: number;
  /** What runs the tests; null: nothing was found. */
  readonly testCommand: string | null;
}

export interface TriageRequest extends Pick<TriageInput, 'triage' | 'confirmed' | 'answered' | 'testCommand'> {
  readonly target: BugTarget;
  readonly workspace: Workspace;
  readonly commit: string;
}

export interface RecordRequest extends Pick<PendingRequest, 'workspace' | 'startCommit' | 'attemptId'> {
  /** `run-…`, under which its artifacts are kept. */
  readonly id: string;
  readonly triage: Triage;
  readonly ids: BugIds;
  /** Personal data is taken out of what people have said; left out: it is not, as in runs of an earlier Locus. */
  readonly guarded?: boolean;
}

export interface RecordedTriage {
  readonly commit: string;
  readonly document: string;
}

export type RemotePlace = 'absent' | 'equal' | 'local_ahead' | 'remote_ahead' | 'diverged';

export interface DraftRequest {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}
