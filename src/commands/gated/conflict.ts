import type { Engine } from '../../client/connect.ts';
import { type FoundRun, findRun } from '../../client/runs.ts';
import { LocusFailure } from '../../domain/failures.ts';

/**
 * The halted run of that id that `--fresh` would end, or null. Refused for any other that goes on: a new run never takes
 * the place of one that works or could go on.
 */
export async function findConflict({ client }: Engine, runId: string, fresh: boolean): Promise<FoundRun | null> {
  const found = await findRun(client, runId);
  if (!found?.open) return null;
  const isHalted = found.memo?.status === 'halted';
  if (fresh && isHalted) return found;
  throw inProgress(found.memo?.gated?.split(' ')[0] ?? 'JACK_IN', isHalted);
}

/** One that is there already. Halted, it could be ended. */
export function inProgress(state: string, isHalted = false): LocusFailure {
  const anew = isHalted ? ', or end it and start anew with `--fresh`' : '';
  return new LocusFailure('RunConflict', `a gated run of this repository is in progress: it is ${state}`, {
    remedy: `see \`locus status\`, halt it with \`locus halt\`, go on with \`locus resume\`${anew}`,
  });
}
