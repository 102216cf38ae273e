import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Allowance, BudgetLimits } from '../domain/budget.ts';
import type { ResumeFlags } from '../domain/gated/halt-resume.ts';
import type { PostPrState } from '../domain/gated/post-pr-state.ts';
import type { GatedProgress } from '../domain/gated/run-input.ts';
import type { LimitReport, PermitAnswer, PermitRequest } from '../domain/permits.ts';
import type { RunState, TaskState, Waiting } from '../domain/run.ts';

/** Everything that can be said to, or asked of, a workflow of ours. Clients import this file and nothing else from here. */
export const workflowTypes = {
  sprint: 'sprintRun',
  parallel: 'parallelRun',
  issue: 'issueTask',
  gated: 'gatedTarget',
  plan: 'planRun',
  bug: 'bugRun',
  postPr: 'postPr',
} as const;

/** Of the workflows that hold issues for gated runs. */
export const lockType = 'issueLock';

export const sharedQueue = 'locus';
export const hostsQueue = 'locus-hosts';
export function hostQueue(hostId: string): string {
  return `locus-host-${hostId}`;
}

export interface HaltRequest {
  readonly reason: string;
  /** Agents are killed at once, and a step that does not let go is given up. */
  readonly force?: boolean;
}

/** Ends the running agents, keeps what they made, waits for `resume`. */
export const halt = defineSignal<[HaltRequest]>('halt');
export interface ResumeRequest {
  /** The budgets of the config as it is now; left out: as they were. */
  readonly budgets?: BudgetLimits;
}
/** Goes on after a halt; after a failure, with the failed task on a clean tree. */
export const resume = defineSignal<[ResumeRequest?]>('resume');
/** Ends the run for good; finished work stays on its branch. */
export const stop = defineSignal<[HaltRequest]>('stop');
/** Asks the account's gate again: what a run waits for may have come earlier. */
export const wake = defineSignal('wake');

export interface TaskNews {
  readonly task: TaskState;
  readonly waiting: Waiting | null;
  /** The number of the last `standingWanted` that it has heard. */
  readonly asked: number;
}
/** A child of a parallel run tells its parent where it stands. */
export const taskChanged = defineSignal<[TaskNews]>('taskChanged');
/** A parallel run has told a child to halt or to go on: what it tells of itself from now on bears this number. */
export const standingWanted = defineSignal<[number]>('standingWanted');

/** A parallel run has made the labels that its first children wait for before they write to the tracker. */
export const labelsMade = defineSignal('labelsMade');

export interface BudgetRequest {
  readonly issue: number;
  /** What the task has cost so far. What was reserved for it is free again. */
  readonly costUsd: number;
  /** Whether another attempt is to start. */
  readonly wanted: boolean;
}
/** A child of a parallel run asks for a part of the run's budget. */
export const budgetWanted = defineSignal<[BudgetRequest]>('budgetWanted');
/** The answer to it. */
export const budgetGranted = defineSignal<[Allowance]>('budgetGranted');

export interface ResumeGated extends ResumeRequest {
  readonly flags: ResumeFlags;
  /** The branch that a person means, or that the checkout it works in is on; left out: the run's own. */
  readonly branch?: string;
  /** What is of high danger may go on; left out: as it was started. */
  readonly allowHigh?: boolean;
}
/** How a halted gated run is to go on; refused with a sentence where it may not. */
export const resumeGated = defineUpdate<{ readonly breaker: 'keep' | 'reset' | 'probe' }, [ResumeGated]>('resumeGated');
export interface SprintNews {
  /** `sprint-N`. */
  readonly sprint: string;
  readonly gated: GatedProgress;
  readonly task: TaskState;
  readonly hostId: string | null;
  readonly waiting: Waiting | null;
}
/** The target of a plan's sprint tells the plan where it stands. */
export const sprintChanged = defineSignal<[SprintNews]>('sprintChanged');
export interface SprintResumed extends ResumeRequest {
  readonly breaker: 'keep' | 'reset' | 'probe';
  /** Of the whole plan, whose time begins anew with the target's; left out: what the target has left. */
  readonly timeoutHours?: number;
}
/** A plan lets its halted target go on, as a person has decided. */
export const sprintResumed = defineSignal<[SprintResumed]>('sprintResumed');
/** The validation of a draft tells the run that has opened it where it stands. */
export interface PostPrNews {
  readonly state: PostPrState;
  readonly task: Pick<TaskState, 'attemptId' | 'attempts' | 'phase'>;
  readonly waiting: Waiting | null;
}
export const postPrChanged = defineSignal<[PostPrNews]>('postPrChanged');
export interface AnswerRequest {
  readonly value: string;
  /** The number of the question that it answers; left out: the one that is open. */
  readonly question?: number;
}
/** A person's answer to what a gated run asks; refused where it asks nothing, or something else, or takes another answer. */
export const answer = defineUpdate<void, [AnswerRequest]>('answer');

export const progress = defineQuery<RunState>('progress');

/** Reserves agent starts at an account's gate; answers in the order of the requests. */
export const acquire = defineUpdate<PermitAnswer[], [readonly PermitRequest[]]>('acquire');
export const giveBack = defineSignal<[{ readonly attemptId: string }]>('giveBack');
/** The provider refuses work until `until` (epoch milliseconds; null: it did not say); answers until when nobody starts. */
export const limitMet = defineUpdate<{ readonly until: number }, [LimitReport]>('limitMet');
export interface Lifted {
  /** Whether there was a usage limit; those who wait for their pace alone wait on. */
  readonly limited: boolean;
  /** How many runs are woken. */
  readonly runs: number;
}
/** A person lifts a usage limit. */
export const lift = defineUpdate<Lifted, []>('lift');

export const attributes = {
  repo: defineSearchAttributeKey('LocusRepo', SearchAttributeType.KEYWORD),
  mode: defineSearchAttributeKey('LocusMode', SearchAttributeType.KEYWORD),
  sprint: defineSearchAttributeKey('LocusSprint', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('LocusState', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('LocusPhase', SearchAttributeType.KEYWORD),
  cycle: defineSearchAttributeKey('LocusCycle', SearchAttributeType.INT),
  branch: defineSearchAttributeKey('LocusBranch', SearchAttributeType.KEYWORD),
  issues: defineSearchAttributeKey('LocusIssues', SearchAttributeType.KEYWORD_LIST),
};
