import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** So many activities that do nothing, one after the other: what the server itself takes for them. */
export async function plain(activities: number): Promise<void> {
  for (let done = 0; done < activities; done += 1) await nothing();
}
