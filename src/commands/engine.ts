import { connect, type Engine } from '../client/connect.ts';
import { type FoundRun, findRun, listRuns } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';
import { resolveTemporal } from '../server/connection.ts';
import { stateDir } from '../server/state.ts';

/** A client for commands that only look or signal; starts the embedded server where it is not up. */
export async function openEngine(): Promise<Engine> {
  const dir = await stateDir();
  return connect(await resolveTemporal({ stateDir: dir, onProgress: (line) => console.error(line) }));
}

/** The run that was named, by its id or a unique part of it; without a name, the only one that goes on. */
export async function chooseRun({ client }: Engine, name: string | undefined): Promise<FoundRun> {
  if (name?.startsWith('locus/')) {
    const found = await findRun(client, name);
    if (found) return found;
  }
  const runs = await listRuns(client, { open: true, limit: 200 });
  const matching = name === undefined ? runs : runs.filter((run) => run.runId.includes(name));
  const [only] = matching;
  if (only && matching.length === 1) return only;
  if (!only) {
    const problem =
      name === undefined ? 'no run is in progress' : `no run in progress is called ${JSON.stringify(name)}`;
    throw new LocusFailure('UsageInvalid', problem, { remedy: 'see `locus runs`' });
  }
  throw new LocusFailure(
    'UsageInvalid',
    `${matching.length} runs are in progress: ${matching.map((run) => run.runId).join(', ')}`,
    {
      remedy: 'name one of them',
    },
  );
}
