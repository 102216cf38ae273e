import type { Engine } from '../client/connect.ts';
import { liftLimit } from '../client/gate.ts';
import { startedWith, tellToAskAgain } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';

/** Wakes a run that sleeps until its provider's usage limit is over, and all others of that account. Answers what to tell. */
export async function wakeRun(client: Engine['client'], runId: string): Promise<string> {
  const input = await startedWith(client, runId);
  if (input === null) throw new LocusFailure('NothingToResume', `nothing is known of ${runId}`);
  const { provider, agent } = input.settings;
  const { limited, runs } = await liftLimit(client, provider);
  // The gate knows only those who have asked it.
  await tellToAskAgain(client, runId);
  if (!limited)
    return `${runId} asks again: no usage limit of ${provider} holds, and its pace stays (agent.callsPerHour: ${agent.callsPerHour})`;
  return `${runId} asks again: the usage limit of ${provider} is lifted, ${runs === 1 ? '1 task was' : `${runs} tasks were`} waiting`;
}
