import { Client, Connection } from '@temporalio/client';
import { LocusFailure } from '../domain/failures.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { boundedCalls } from './deadline.ts';

export interface Engine {
  readonly client: Client;
  readonly target: TemporalTarget;
  close(): Promise<void>;
}

/** A client of the Temporal server that `target` names. */
export async function connect(target: TemporalTarget): Promise<Engine> {
  try {
    const interceptors = boundedCalls();
    const options = { ...target.connectionOptions, connectTimeout: '10 seconds', interceptors } as const;
    const connection = await Connection.connect(options);
    const client = new Client({ connection, namespace: target.namespace, dataConverter: target.dataConverter });
    return { client, target, close: () => connection.close() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = target.configured
      ? 'check TEMPORAL_ADDRESS, or unset it to use the embedded server'
      : 'see `locus doctor`';
    throw new LocusFailure(
      'ServerUnavailable',
      `the Temporal server at ${target.address} does not answer: ${reason}`,
      { remedy },
      error,
    );
  }
}
