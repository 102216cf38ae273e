import type { Engine } from '../client/connect.ts';
import { liftLimit } from '../client/gate.ts';
import { startedWith } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';

/** Wakes a run that sleeps until its provider's usage limit is over, and all others of that account. Answers what to tell. */
export async function wakeRun(client: Engine['client'], runId: string): Promise<string> {
  const input = await startedWith(client, runId);
  if (input === null) throw new LocusFailure('NothingToResume', `nothing is known of ${runId}`);
  const { provider } = input.settings;
  const woken = await liftLimit(client, provider);
  return `${runId} asks again: the usage limit of ${provider} is lifted, ${woken === 1 ? '1 task was' : `${woken} tasks were`} waiting`;
}
