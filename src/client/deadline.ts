import { setTimeout as delay } from 'node:timers/promises';
import {
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  isGrpcDeadlineError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** The server answers what it holds back, such as the end of a run, after 20 s at the latest. */
const answerMs = 60_000;
const mostTries = 5;

/**
 * For each connection: a request without a deadline of its own ends after a minute, tries included. One that has none may
 * wait for ever where its connection went away under it.
 */
export function boundedCalls(): Interceptor[] {
  const bounded: Interceptor = (options, nextCall) =>
    nextCall({ ...options, deadline: options.deadline ?? Date.now() + answerMs }) as ReturnType<Interceptor>;
  return [bounded, makeGrpcRetryInterceptor(defaultGrpcRetryOptions())];
}

/** Asks again what was not answered in time; for reads. `withinMs`: for what does not even end by its deadline. */
export async function untilAnswered<T>(ask: () => Promise<T>, withinMs = answerMs + 5000): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await within(withinMs, ask);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const isLate = error instanceof NotAnswered || isGrpcDeadlineError(error) || isGrpcDeadlineError(cause);
      if (tries >= mostTries || !isLate) throw error;
    }
  }
}

class NotAnswered extends Error {}

async function within<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new NotAnswered('the Temporal server has not answered');
  });
  try {
    return await Promise.race([ask(), late]);
  } finally {
    over.abort();
  }
}
