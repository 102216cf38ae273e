import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Account,
  emptyAccount,
  isLimited,
  isRemembering,
  lifted,
  limited,
  release,
  reserve,
  waitingRuns,
} from '../domain/permits.ts';
import { acquire, giveBack, lift, limitMet, wake } from './messages.ts';

const idle = '65 minutes';

/**
 * The gate of one provider account: counts agent starts per hour over all runs and workers, and holds the end of the
 * provider's usage limit. Lives while it has anything to remember; the next request starts it again.
 */
export async function accountGate(carried: Account = emptyAccount): Promise<void> {
  let account = carried;
  let requests = 0;
  setHandler(acquire, (wanted) => {
    requests += 1;
    return wanted.map((request) => {
      const reserved = reserve(account, request, Date.now());
      account = reserved.account;
      return { at: reserved.at, limited: reserved.at <= (account.limit?.until ?? 0) };
    });
  });
  setHandler(giveBack, ({ attemptId }) => {
    account = release(account, attemptId, Date.now());
  });
  setHandler(limitMet, (report) => {
    requests += 1;
    account = limited(account, report, Date.now());
    return { until: account.limit?.until ?? Date.now() };
  });
  setHandler(lift, async () => {
    requests += 1;
    const wasLimited = isLimited(account, Date.now());
    const runs = waitingRuns(account, Date.now());
    account = lifted(account, Date.now());
    // One that has ended meanwhile needs no waking.
    await Promise.all(
      runs.map((runId) =>
        getExternalWorkflowHandle(runId)
          .signal(wake)
          .catch(() => {}),
      ),
    );
    return { limited: wasLimited, runs: runs.length };
  });
  for (;;) {
    const seen = requests;
    // No timer for each request: each would be two events.
    if (await condition(() => workflowInfo().continueAsNewSuggested, idle)) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof accountGate>(account);
    }
    if (requests === seen && !isRemembering(account, Date.now())) return;
  }
}
