import type { Engine } from '../client/connect.ts';
import { findHolder } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';
import { parseRunId } from '../domain/run-id.ts';

/** Two runs do not work on one issue. */
export async function refuseHeld({ client }: Engine, runId: string, issues: readonly number[]): Promise<void> {
  const key = parseRunId(runId)?.repoKey ?? '';
  const holder = await findHolder(client, { key, issues, except: runId });
  if (holder === null) return;
  throw new LocusFailure('RunConflict', `issue #${holder.issue} is held by the run ${holder.runId}`, {
    remedy: `wait until that run ends, or end it with \`locus stop ${holder.runId}\``,
  });
}
