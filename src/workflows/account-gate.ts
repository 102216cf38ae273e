import { allHandlersFinished, condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { isRemembered, type Permit, release, reserve } from '../domain/permits.ts';
import { acquire, giveBack } from './messages.ts';

const idle = '65 minutes';

/**
 * The gate of one provider account: counts agent starts per hour over all runs and workers. Lives while it has anything
 * to remember; the next request starts it again.
 */
export async function accountGate(carried: readonly Permit[] = []): Promise<void> {
  let permits = carried;
  let requests = 0;
  setHandler(acquire, ({ attemptId, limit }) => {
    requests += 1;
    const reserved = reserve(permits, { attemptId, limit, now: Date.now() });
    permits = reserved.permits;
    return { at: reserved.at };
  });
  setHandler(giveBack, ({ attemptId }) => {
    permits = release(permits, attemptId, Date.now());
  });
  for (;;) {
    const seen = requests;
    const asked = await condition(() => requests > seen, idle);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof accountGate>(permits);
    }
    if (!asked && !permits.some((permit) => isRemembered(permit, Date.now()))) return;
  }
}
