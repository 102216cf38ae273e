import { activityInfo, log } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { LocusFailure } from '../../domain/failures.ts';
import { oneLine } from '../../domain/text.ts';
import { noteBlock } from './records.ts';

/** Notes what the guard refuses a gated run, whichever activity asked for it, beside its other artifacts on this host. */
export function guardLog(stateDir: string): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        const [run] = input.args as [{ readonly artifacts?: string }?];
        if (error instanceof LocusFailure && run?.artifacts) await noted(stateDir, run.artifacts, error);
        throw error;
      }
    },
  };
}

/** The time is the same for each attempt of an activity, so that one that is cut off and tried again is noted once. */
async function noted(stateDir: string, id: string, { details: { blocked } }: LocusFailure): Promise<void> {
  if (blocked === undefined) return;
  const timestamp = new Date(activityInfo().scheduledTimestampMs).toISOString();
  const { operation, target } = blocked;
  const block = { timestamp, event: 'guard_block', operation, target: oneLine(target) } as const;
  // The run hears of the refusal whether or not it can be noted.
  await noteBlock(stateDir, id, block).catch((error: unknown) =>
    log.warn('a guard_block could not be noted', { id, error: String(error) }),
  );
}
