import { activityInfo, CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

import { failureKinds, LocusFailure } from '../domain/failures.ts';
import { alone } from '../git/lock.ts';

/** Attempts after which an error that nobody foresaw counts as final. */
const patienceWithBugs = 8;
const credentialsMs = 10_000;

/**
 * Turns what an activity throws into what Temporal understands: the failure's type, and whether and when to try again.
 * `waitForCredentials`: a write that has no token waits for one, which the next command hands over.
 */
export function failureBorder({ waitForCredentials = false } = {}): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        throw translated(error, waitForCredentials);
      }
    },
  };
}

/**
 * Beats once a second until `work` has ended; the server counts from its start as well. One that is given up ends as cancelled.
 */
export async function beating<T>(work: (beat: (details: unknown) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let details: unknown = context.info.heartbeatDetails;
  const beat = () => context.heartbeat(details);
  const timer = setInterval(beat, 1000);
  try {
    return await work((latest) => {
      details = latest;
    });
  } catch (error) {
    // What breaks off because it was told to has not failed.
    context.cancellationSignal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

type Work = (...args: unknown[]) => Promise<unknown>;

/**
 * Activities that beat from their first moment, so that a dead worker is noticed at once. One that is tried again because
 * it was heard too late waits until its earlier attempt, which may still write, has ended in this process.
 */
export function allBeating<T extends object>(activities: T): T {
  const inTurn = (work: Work): Work =>
    function beats(...args) {
      const { workflowExecution, activityId } = Context.current().info;
      return beating(() => alone(`${workflowExecution?.runId} ${activityId}`, () => work(...args)));
    };
  const all = Object.entries(activities).map(([name, work]: [string, Work]) => [name, inTurn(work)]);
  return Object.fromEntries(all) as T;
}

function translated(error: unknown, waitForCredentials: boolean): unknown {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure || error instanceof CompleteAsyncError)
    return error;
  if (error instanceof LocusFailure) {
    const waits = waitForCredentials && error.type === 'CredentialsMissing';
    const retryAt = waits ? Date.now() + credentialsMs : error.details.retryAt;
    return ApplicationFailure.create({
      message: error.message,
      type: error.type,
      nonRetryable: failureKinds[error.type].course === 'final' && !waits,
      details: [error.details],
      nextRetryDelay: retryAt === undefined ? undefined : Math.max(1000, retryAt - Date.now()),
      cause: error.cause instanceof Error ? error.cause : undefined,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  const { attempt } = activityInfo();
  return ApplicationFailure.create({
    message: `unexpected error: ${message}`,
    type: 'WorkspaceBroken',
    nonRetryable: attempt >= patienceWithBugs,
    nextRetryDelay: Math.min(60_000, 500 * 2 ** attempt),
    cause: error instanceof Error ? error : undefined,
  });
}
