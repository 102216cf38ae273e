import { TimeoutType } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { HostActivities, SharedActivities, TrackerActivities } from '../activities/contract.ts';
import type { GatedHostActivities, GatedTrackerActivities } from '../activities/gated/contract.ts';
import type { PostPrHostActivities } from '../activities/post-pr/contract.ts';
import { asFailure, type Failure, type FailureDetails, isFailureType } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import { hostQueue, hostsQueue } from './messages.ts';

// Passing errors are retried for as long as they last: a run waits for its tracker, it does not die of it.
const patient = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' } as const;

// Without a queue of their own, activities go to the workflow's: any worker.
export const shared = proxyActivities<SharedActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '10 seconds',
  retry: patient,
});

/** Taken by a host that has a free slot, however long that takes. */
export const anyHost = proxyActivities<Pick<SharedActivities, 'claimWorkspace'>>({
  taskQueue: hostsQueue,
  startToCloseTimeout: '30 seconds',
  retry: patient,
});

/** What went wrong, as the activity that met it has named it. */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    const [details] = (cause.details ?? []) as [FailureDetails?];
    return asFailure(cause.type, cause.message, details);
  }
  return asFailure('WorkspaceBroken', cause instanceof Error ? cause.message : String(cause));
}

/** The activities of the host that holds a run's workspace. */
export interface HostTools {
  readonly host: ReturnType<typeof hostActivities>;
  readonly agent: ReturnType<typeof agentActivities>;
}

export function hostTools(run: RunContext, hostId: string): HostTools {
  const where = { taskQueue: hostQueue(hostId), ...patienceWith(run) };
  return { host: hostActivities(where), agent: agentActivities(run, where) };
}

/** On one machine a dead worker is to be noticed at once, and is waited for however long it takes to come back. */
function patienceWith({ source, settings }: RunContext) {
  const heartbeatTimeout = silenceOf(source);
  // Nothing on a host's queue ever waits for a slot: what is not taken there has no host any more.
  const lostAfter = source.kind === 'remote' ? settings.agent.hostLostMinutes * 60_000 : undefined;
  return lostAfter === undefined ? { heartbeatTimeout } : { heartbeatTimeout, scheduleToStartTimeout: lostAfter };
}

/** In a fleet a worker may be slow to be heard. */
function silenceOf(source: RunContext['source']) {
  return source.kind === 'remote' ? '30 seconds' : '5 seconds';
}

/** Whether a step ended because nobody works on its host's queue. */
export function isHostLost(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === TimeoutType.SCHEDULE_TO_START
  );
}

/** What a step whose time was up has told last of itself. */
export function lastHeartbeatOf(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  return cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : null;
}

type Where = { readonly taskQueue: string } & ReturnType<typeof patienceWith>;

function hostActivities(where: Where) {
  return proxyActivities<Omit<HostActivities, 'runAgent'> & GatedHostActivities & PostPrHostActivities>({
    ...where,
    startToCloseTimeout: '1 hour',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: patient,
  });
}

// The agent's own deadline is kept by its host; this one only has to be later, as it starts anew with each attempt.
function agentActivities({ settings }: RunContext, where: Where) {
  return proxyActivities<Pick<HostActivities, 'runAgent'>>({
    ...where,
    startToCloseTimeout: `${settings.agent.timeoutMinutes + 24 * 60} minutes`,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 1 },
  });
}

export type TrackerTools = ReturnType<typeof trackerTools>;

/** A local tracker is files on the host of the repository; any worker speaks to the others. */
export function trackerTools(run: RunContext) {
  return proxyActivities<TrackerActivities & GatedTrackerActivities>({ ...whereTracker(run), retry: patient });
}

/** Tried once: each of the writes is tried again by itself. */
export function togetherTools(run: RunContext) {
  return proxyActivities<Pick<TrackerActivities, 'writeTogether'>>({
    ...whereTracker(run),
    retry: { maximumAttempts: 1 },
  });
}

function whereTracker({ tracker, source }: RunContext) {
  const where = tracker.kind === 'local' && source.kind === 'checkout' ? { taskQueue: hostQueue(source.hostId) } : {};
  return { ...where, startToCloseTimeout: '2 minutes', heartbeatTimeout: silenceOf(source) } as const;
}
