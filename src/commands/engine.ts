import { connect, type Engine } from '../client/connect.ts';
import { type FoundRun, findRun, listRuns } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';
import { configuredTemporal, resolveTemporal } from '../server/connection.ts';
import { readKeeper } from '../server/keeper-file.ts';
import { stateDir } from '../server/state.ts';

/** A client for commands that only look or signal; starts the embedded server where it is not up. */
export async function openEngine(): Promise<Engine> {
  const dir = await stateDir();
  const lived = (await readKeeper(dir)) !== null;
  const target = await resolveTemporal({ stateDir: dir, onProgress: (line) => console.error(line) });
  if (!lived) await (await import('./hand-over.ts')).handOverHere();
  return connect(target);
}

/** The same where a server is up or was configured, else null; starts nothing. */
export async function openEngineThatIsUp(): Promise<Engine | null> {
  const dir = await stateDir();
  const isUp = (await configuredTemporal()) !== null || Boolean((await readKeeper(dir))?.address);
  return isUp ? connect(await resolveTemporal({ stateDir: dir, start: false, onProgress: () => {} })) : null;
}

/** The run that was named, by its id or a unique part of it; without a name, the only one that goes on. */
export async function chooseRun(engine: Engine, name: string | undefined): Promise<FoundRun> {
  const whole = await byId(engine, name);
  if (whole) return whole;
  const matching = named(await listRuns(engine.client, { open: true, limit: 200 }), name);
  const problem = name === undefined ? 'no run is in progress' : `no run in progress is called ${JSON.stringify(name)}`;
  return onlyOf(matching, { several: 'are in progress', none: problem });
}

/** The only run of a repository that goes on. `prefix`: what the ids of its runs begin with. */
export async function onlyRunOf(engine: Engine, prefix: string): Promise<FoundRun> {
  const here = (await listRuns(engine.client, { open: true, limit: 200 })).filter(({ runId }) =>
    runId.startsWith(prefix),
  );
  return onlyOf(here, {
    several: 'of this repository are in progress',
    none: 'no run of this repository is in progress',
  });
}

function onlyOf(runs: readonly FoundRun[], said: { readonly several: string; readonly none: string }): FoundRun {
  const [only, ...more] = runs;
  if (only === undefined) throw new LocusFailure('UsageInvalid', said.none, { remedy: 'see `locus runs`' });
  if (more.length > 0) throw several(runs, said.several);
  return only;
}

/** As `chooseRun`, for a look back: a run that has ended, where none that goes on is called so; without a name, the newest. */
export async function chooseAnyRun(engine: Engine, name: string | undefined): Promise<FoundRun> {
  const whole = await byId(engine, name);
  if (whole) return whole;
  const open = named(await listRuns(engine.client, { open: true, limit: 200 }), name);
  const found = open.length > 0 ? open : named(await listRuns(engine.client, { open: false, limit: 1000 }), name);
  const [newest, ...more] = found;
  if (!newest) {
    const problem = name === undefined ? 'there are no runs yet' : `no run is called ${JSON.stringify(name)}`;
    throw new LocusFailure('UsageInvalid', problem, { remedy: 'see `locus runs`' });
  }
  if (name !== undefined && more.some((run) => run.runId !== newest.runId)) throw several(found, 'are called so');
  return newest;
}

async function byId({ client }: Engine, name: string | undefined): Promise<FoundRun | null> {
  return name?.startsWith('locus/') ? findRun(client, name) : null;
}

function named(runs: readonly FoundRun[], name: string | undefined): readonly FoundRun[] {
  return name === undefined ? runs : runs.filter((run) => run.runId.includes(name));
}

function several(runs: readonly FoundRun[], what: string): LocusFailure {
  const ids = [...new Set(runs.map((run) => run.runId))];
  const shown = `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`;
  return new LocusFailure('UsageInvalid', `${ids.length} runs ${what}: ${shown}`, { remedy: 'name one of them' });
}
