import type { Engine } from '../../client/connect.ts';
import { findRun } from '../../client/runs.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { issuesOfWork } from '../../domain/gated/run-input.ts';
import type { RunInput } from '../../domain/run.ts';
import { refuseHeld } from '../held.ts';
import { endForGood } from '../run-decision.ts';

/** A new run never takes the place of one that works or could go on; `--fresh` ends a halted one first. */
export async function refuseConflict(engine: Engine, input: RunInput, fresh: boolean): Promise<void> {
  await refuseInProgress(engine, input.runId, fresh);
  await refuseHeld(engine, input.runId, issuesOfWork(input) ?? []);
}

async function refuseInProgress(engine: Engine, runId: string, fresh: boolean): Promise<void> {
  const found = await findRun(engine.client, runId);
  if (!found?.open) return;
  const isHalted = found.memo?.status === 'halted';
  if (fresh && isHalted) return endForGood(engine, found);
  throw inProgress(found.memo?.gated?.split(' ')[0] ?? 'JACK_IN', isHalted);
}

/** One that is there already. Halted, it could be ended. */
export function inProgress(state: string, isHalted = false): LocusFailure {
  const anew = isHalted ? ', or end it and start anew with `--fresh`' : '';
  return new LocusFailure('RunConflict', `a gated run of this repository is in progress: it is ${state}`, {
    remedy: `see \`locus status\`, halt it with \`locus halt\`, go on with \`locus resume\`${anew}`,
  });
}
