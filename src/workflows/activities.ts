import { ActivityCancellationType, ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { HostActivities, SharedActivities, TrackerActivities } from '../activities/contract.ts';
import { asFailure, type Failure, type FailureDetails, isFailureType } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import { hostQueue, hostsQueue } from './messages.ts';

/** The activities of one run, each with the timeouts and the queue that fit it. */
export interface Tools {
  readonly host: ReturnType<typeof hostActivities>;
  readonly agent: ReturnType<typeof agentActivities>;
  readonly tracker: ReturnType<typeof trackerActivities>;
}

// Passing errors are retried for as long as they last: a run waits for its tracker, it does not die of it.
const patient = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' } as const;

// Without a queue of their own, activities go to the workflow's: any worker.
export const shared = proxyActivities<SharedActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '10 seconds',
  retry: patient,
});

const anyHost = proxyActivities<Pick<SharedActivities, 'claimHost'>>({
  taskQueue: hostsQueue,
  startToCloseTimeout: '30 seconds',
  retry: patient,
});

export async function claimTools(run: RunContext): Promise<Tools> {
  const { hostId } = run.source.kind === 'checkout' ? run.source : await anyHost.claimHost(run.source);
  const queue = hostQueue(hostId);
  return {
    host: hostActivities(queue),
    agent: agentActivities(run, queue),
    tracker: trackerActivities(run, run.tracker.kind === 'local' ? { taskQueue: queue } : {}),
  };
}

/** What went wrong, as the activity that met it has named it. */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    const [details] = (cause.details ?? []) as [FailureDetails?];
    return asFailure(cause.type, cause.message, details);
  }
  return asFailure('WorkspaceBroken', cause instanceof Error ? cause.message : String(cause));
}

function hostActivities(taskQueue: string) {
  return proxyActivities<Omit<HostActivities, 'runAgent'>>({
    taskQueue,
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '10 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: patient,
  });
}

// The agent's own deadline is kept by its host; this one only has to be later, as it starts anew with each attempt.
function agentActivities({ settings, source }: RunContext, taskQueue: string) {
  return proxyActivities<Pick<HostActivities, 'runAgent'>>({
    taskQueue,
    startToCloseTimeout: `${settings.agent.timeoutMinutes + 24 * 60} minutes`,
    heartbeatTimeout: silenceOf(source),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 1 },
  });
}

function trackerActivities({ source }: RunContext, where: { readonly taskQueue?: string }) {
  return proxyActivities<TrackerActivities>({
    ...where,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: silenceOf(source),
    retry: patient,
  });
}

/** In a fleet a worker may be slow to be heard; on one machine a dead one is to be noticed at once. */
function silenceOf(source: RunContext['source']) {
  return source.kind === 'remote' ? '30 seconds' : '5 seconds';
}
