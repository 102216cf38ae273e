import type { TestRun } from '../../domain/gated/body-parts.ts';
import type { CheckpointRecord } from '../../domain/gated/guardrail-log.ts';
import type { AuditResult } from '../../domain/gated/post-pr-audit.ts';
import type { E2eResult } from '../../domain/gated/post-pr-e2e.ts';
import type { RunContext, TaskSpec } from '../../domain/run.ts';
import type { Workspace } from '../../domain/workspace.ts';

/** What the validation of an open draft asks of the host of its branch. */
export interface PostPrHostActivities {
  /** What the rules find in the files that the branch changes. */
  auditPull(run: RunContext, request: AuditRequest): Promise<PullAudit>;
  /** Builds and tests the branch in its workspace, and cleans up behind. */
  runTests(run: RunContext, request: TestsRequest): Promise<TestsRound>;
  /** Adds to the run's `audit.jsonl` what is not there yet, and keeps a file of its artifacts. */
  keepRecords(run: RunContext, request: RecordsRequest): Promise<void>;
}

export interface AuditRequest {
  readonly workspace: Workspace;
  readonly commit: string;
}

export interface PullAudit {
  /** With at most 200 findings. */
  readonly result: AuditResult;
  /** Changed files that were not read: too large, or too many. */
  readonly unread: number;
}

export interface TestsRequest {
  /** `run-…`, under which the log is kept. */
  readonly id: string;
  readonly task: TaskSpec;
  readonly workspace: Workspace;
  readonly branch: string;
  readonly commit: string;
  /** A folder name of its own, for what may have to be ended. */
  readonly attemptId: string;
  /** The config's commands; null: what the repository shows. */
  readonly build: string | null;
  readonly test: string | null;
  readonly timeoutS: { readonly build: number; readonly test: number };
  /** Name of the artifact that holds the log. */
  readonly log: string;
}

export interface TestsRound {
  /** TIMEOUT: a command did not end in its time. */
  readonly result: E2eResult | { readonly outcome: 'TIMEOUT'; readonly reason: string };
  /** What was run, in order. */
  readonly runs: readonly TestRun[];
}

export interface RecordsRequest {
  /** `run-…` */
  readonly id: string;
  /** A record that is there already, to the letter, is not added again. */
  readonly records: readonly CheckpointRecord[];
  readonly artifact: { readonly name: string; readonly text: string } | null;
}
