import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { RunContext } from '../domain/run.ts';
import { alone } from '../git/lock.ts';

/**
 * One step at a time in a workspace. One whose heartbeat came too late goes on while Temporal already tries it again;
 * one that was given up while it waited does not begin.
 */
export function inTurn<T>(run: RunContext, key: string, work: () => Promise<T>): Promise<T> {
  const { cancellationSignal } = Context.current();
  const place = run.source.kind === 'checkout' ? run.source.root : run.source.url;
  return alone(`workspace ${place} ${key}`, async () => {
    if (cancellationSignal.aborted) throw new CancelledFailure('given up before its turn came');
    return work();
  });
}
