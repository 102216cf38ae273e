import { haltRun, resumeRun, startedWith, stopRun } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';
import { configuredTemporal } from '../server/connection.ts';
import { scopeOf } from '../server/run-secrets.ts';
import { stateDir } from '../server/state.ts';
import { chooseRun, openEngine } from './engine.ts';
import { handOverSecrets } from './hand-over.ts';
import { openProject } from './project.ts';
import { requireCleanRootOf } from './run-preflight.ts';

/** `locus halt [run]`: ends the running agents, keeps what they made, waits for `locus resume`. */
export async function halt(options: { readonly run?: string; readonly reason?: string }): Promise<number> {
  return steer(options.run, async (client, { runId, memo }) => {
    if (memo?.status === 'halted') return `${runId} is halted already`;
    await haltRun(client, runId, options.reason ?? 'halted by a person');
    return `${runId} halts; go on with \`locus resume ${runId}\``;
  });
}

export async function resume(options: { readonly run?: string }): Promise<number> {
  return steer(options.run, async (client, { runId, memo }) => {
    if (memo !== null && memo.status !== 'halted') {
      throw new LocusFailure('NothingToResume', `${runId} is not halted`, { remedy: 'see `locus status`' });
    }
    const state = await stateDir();
    const input = await startedWith(client, runId);
    await requireCleanRootOf(input, state);
    // Somewhere else than in its repository nothing is known that the run could need.
    const project = await openProject(process.cwd()).catch(() => null);
    const isItsOwn = project !== null && input !== null && scopeOf(project.tracker) === scopeOf(input.tracker);
    if (isItsOwn && (await configuredTemporal()) === null) await handOverSecrets(project, true);
    await resumeRun(client, runId);
    return `${runId} goes on`;
  });
}

/** `locus stop <run>`: ends a run for good; finished work stays on its branch. */
export async function stop(options: { readonly run: string; readonly reason?: string }): Promise<number> {
  return steer(options.run, async (client, { runId }) => {
    await stopRun(client, runId, options.reason ?? 'stopped by a person');
    return `${runId} is being stopped`;
  });
}

type Steering = Awaited<ReturnType<typeof openEngine>>['client'];

async function steer(
  name: string | undefined,
  act: (client: Steering, run: Awaited<ReturnType<typeof chooseRun>>) => Promise<string>,
): Promise<number> {
  const engine = await openEngine();
  try {
    const run = await chooseRun(engine, name);
    if (!run.open) throw new LocusFailure('RunConflict', `${run.runId} has ended`, { remedy: 'see `locus runs`' });
    console.log(await act(engine.client, run));
    return 0;
  } finally {
    await engine.close();
  }
}
