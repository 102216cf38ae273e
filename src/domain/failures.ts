/** Every way in which something can go wrong, in one closed list. It is also the `type` of a Temporal ApplicationFailure. */
export interface FailureKind {
  /** `retry`: passes by itself, Temporal's retry policy tries again. `final`: needs a person or another attempt of the task. */
  readonly course: 'retry' | 'final';
  /** Exit code of the CLI when this is what ended a command: 1 failed, 2 pre-flight, 3 halted, 130 interrupted. */
  readonly exitCode: 1 | 2 | 3 | 130;
  /** What a person can do about it, used where the place that failed knows nothing better. */
  readonly remedy: string;
}

export const failureKinds = {
  UsageInvalid: { course: 'final', exitCode: 2, remedy: 'see `locus --help`' },
  ConfigInvalid: { course: 'final', exitCode: 2, remedy: 'correct .locus/config.json' },
  RepositoryInvalid: {
    course: 'final',
    exitCode: 2,
    remedy: 'run locus inside a git repository with at least one commit',
  },
  IssueInvalid: { course: 'final', exitCode: 2, remedy: 'check the issue or sprint on the tracker' },
  RunConflict: { course: 'final', exitCode: 2, remedy: 'see `locus status`' },
  NothingToResume: { course: 'final', exitCode: 2, remedy: 'start a run with `locus run`' },
  /** A halted gated run does not go on like this. */
  ResumeRefused: { course: 'final', exitCode: 1, remedy: 'see `locus status`' },
  RunHalted: { course: 'final', exitCode: 3, remedy: 'go on with `locus run --resume`' },
  Interrupted: { course: 'final', exitCode: 130, remedy: 'go on with `locus run --resume`' },
  ServerUnavailable: { course: 'final', exitCode: 2, remedy: 'see `locus doctor`' },
  SandboxUnavailable: { course: 'final', exitCode: 2, remedy: 'install bubblewrap, or leave out --sandbox=require' },
  AgentMissing: { course: 'final', exitCode: 2, remedy: 'install the agent, or choose another with ai.provider' },
  CredentialsMissing: { course: 'final', exitCode: 2, remedy: 'set GITHUB_TOKEN, or sign in with `gh auth login`' },
  CredentialsRefused: {
    course: 'final',
    exitCode: 2,
    remedy: 'set GITHUB_TOKEN to a token that may write to the repository',
  },
  TrackerRefused: { course: 'final', exitCode: 2, remedy: 'check the repository and the rights of the token' },
  TrackerUnavailable: { course: 'retry', exitCode: 2, remedy: 'try again when the tracker answers' },
  RateLimited: { course: 'retry', exitCode: 2, remedy: 'try again later' },
  UsageLimitReached: { course: 'final', exitCode: 1, remedy: 'wait until the limit resets' },
  BudgetSpent: { course: 'final', exitCode: 1, remedy: 'raise agent.budgetUsd' },
  AgentFailed: { course: 'final', exitCode: 1, remedy: 'see `locus logs`' },
  AgentStalled: { course: 'final', exitCode: 1, remedy: 'see `locus logs`, or raise agent.stallMinutes' },
  AgentTimedOut: { course: 'final', exitCode: 1, remedy: 'raise agent.timeoutMinutes, or split the issue' },
  NoChanges: { course: 'final', exitCode: 1, remedy: 'make the issue more precise, or close it' },
  VerifyFailed: { course: 'final', exitCode: 1, remedy: 'see `locus logs`' },
  SetupFailed: { course: 'final', exitCode: 1, remedy: 'correct workspace.setup' },
  BaseConflict: {
    course: 'final',
    exitCode: 3,
    remedy: 'resolve the conflict on the branch, then `locus run --resume`',
  },
  RemoteUnavailable: { course: 'retry', exitCode: 1, remedy: 'check the network and the remote' },
  PushRefused: {
    course: 'final',
    exitCode: 1,
    remedy: 'see why the remote refuses the branch, then `locus run --resume`',
  },
  GuardRefused: { course: 'final', exitCode: 1, remedy: 'a person must do this' },
  WorkspaceBroken: { course: 'final', exitCode: 1, remedy: 'look at the workspace, then `locus run --resume`' },
  HostLost: { course: 'final', exitCode: 1, remedy: 'start a worker on that host with `locus up`' },
} as const satisfies Record<string, FailureKind>;

export type FailureType = keyof typeof failureKinds;

export interface FailureDetails {
  /** What to do, where it is more precise than the table's sentence. */
  readonly remedy?: string;
  /** Epoch milliseconds before which a retry is useless. */
  readonly retryAt?: number;
  /** Files, for BaseConflict. Relative to the repository's root. */
  readonly files?: readonly string[];
  /** What the guard has refused: an operation, and the branch or ref that it was to act on. */
  readonly blocked?: { readonly operation: string; readonly target: string };
}

/** The one error class of Locus. `message` is a sentence for people, without a full stop. */
export class LocusFailure extends Error {
  readonly type: FailureType;
  readonly details: FailureDetails;

  constructor(type: FailureType, message: string, details: FailureDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LocusFailure';
    this.type = type;
    this.details = details;
  }
}

/** A failure as plain data: how it travels in workflow state, and what a person is shown. */
export interface Failure {
  readonly type: FailureType;
  readonly message: string;
  readonly remedy: string;
  readonly files?: readonly string[];
}

export function isFailureType(value: unknown): value is FailureType {
  return typeof value === 'string' && Object.hasOwn(failureKinds, value);
}

export function asFailure(type: FailureType, message: string, details: FailureDetails = {}): Failure {
  const remedy = details.remedy ?? failureKinds[type].remedy;
  return details.files ? { type, message, remedy, files: details.files } : { type, message, remedy };
}

/** Where one sentence is all that is shown: with what to do, if the place that failed knew more than the table does. */
export function saidOf({ type, message, remedy }: Failure): string {
  return remedy === failureKinds[type].remedy ? message : `${message}; ${remedy}`;
}
