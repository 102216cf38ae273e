import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunState, TaskState } from '../domain/run.ts';

/** Everything that can be said to, or asked of, a workflow of ours. Clients import this file and nothing else from here. */
export const workflowTypes = {
  sprint: 'sprintRun',
  parallel: 'parallelRun',
  issue: 'issueTask',
} as const;

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
/** Goes on after a halt; after a failure, with the failed task on a clean tree. */
export const resume = defineSignal('resume');
/** Ends the run for good; finished work stays on its branch. */
export const stop = defineSignal<[HaltRequest]>('stop');
/** A child of a parallel run tells its parent where it stands. */
export const taskChanged = defineSignal<[TaskState]>('taskChanged');

export const progress = defineQuery<RunState>('progress');

export interface PermitRequest {
  readonly attemptId: string;
  /** Agent starts per hour. */
  readonly limit: number;
}
/** Reserves an agent start at an account's gate; answers when it may happen, in epoch milliseconds. */
export const acquire = defineUpdate<{ readonly at: number }, [PermitRequest]>('acquire');
export const giveBack = defineSignal<[{ readonly attemptId: string }]>('giveBack');

export const attributes = {
  repo: defineSearchAttributeKey('LocusRepo', SearchAttributeType.KEYWORD),
  mode: defineSearchAttributeKey('LocusMode', SearchAttributeType.KEYWORD),
  sprint: defineSearchAttributeKey('LocusSprint', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('LocusState', SearchAttributeType.KEYWORD),
  branch: defineSearchAttributeKey('LocusBranch', SearchAttributeType.KEYWORD),
  issues: defineSearchAttributeKey('LocusIssues', SearchAttributeType.KEYWORD_LIST),
};
