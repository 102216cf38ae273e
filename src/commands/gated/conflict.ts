import type { Engine } from '../../client/connect.ts';
import { type FoundRun, findRun } from '../../client/runs.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { issuesOfWork } from '../../domain/gated/run-input.ts';
import type { RunInput } from '../../domain/run.ts';
import { openEngineThatIsUp } from '../engine.ts';
import { refuseHeld } from '../held.ts';
import { endForGood } from '../run-decision.ts';

/** A new run never takes the place of one that works or could go on; `--fresh` ends a halted one first. */
export async function refuseConflict(engine: Engine, input: RunInput, fresh: boolean): Promise<void> {
  const inTheWay = await findConflict(engine, input, fresh);
  if (inTheWay) await endForGood(engine, inTheWay);
}

/** The same for a dry run, which ends nothing and starts no server: where none is up, no run is in progress. */
export async function refuseConflictDry(input: RunInput, fresh: boolean): Promise<void> {
  const engine = await openEngineThatIsUp();
  if (engine === null) return;
  try {
    await findConflict(engine, input, fresh);
  } finally {
    await engine.close();
  }
}

/** The halted run that a fresh one would end, or null; refused for any other. */
async function findConflict(engine: Engine, input: RunInput, fresh: boolean): Promise<FoundRun | null> {
  const found = await findRun(engine.client, input.runId);
  const isHalted = found?.memo?.status === 'halted';
  if (found?.open && !(fresh && isHalted)) {
    throw inProgress(found.memo?.gated?.split(' ')[0] ?? 'JACK_IN', isHalted);
  }
  await refuseHeld(engine, input.runId, issuesOfWork(input) ?? []);
  return found?.open ? found : null;
}

/** One that is there already. Halted, it could be ended. */
export function inProgress(state: string, isHalted = false): LocusFailure {
  const anew = isHalted ? ', or end it and start anew with `--fresh`' : '';
  return new LocusFailure('RunConflict', `a gated run of this repository is in progress: it is ${state}`, {
    remedy: `see \`locus status\`, halt it with \`locus halt\`, go on with \`locus resume\`${anew}`,
  });
}
