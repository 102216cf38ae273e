import { CancellationScope } from '@temporalio/workflow';

/** Holds the id of an issue's task for a run that works on the issue in its own way, until that run lets go or ends. */
export async function issueLock(): Promise<void> {
  await CancellationScope.current().cancelRequested.catch(() => {});
}
