import { connect, type Engine } from '../client/connect.ts';
import { startRun } from '../client/runs.ts';
import { goesThroughGates, type RunInput } from '../domain/run.ts';
import { isGatedRunId } from '../domain/run-id.ts';
import { configuredTemporal, resolveTemporal, workflowUrl } from '../server/connection.ts';
import { readWorker } from '../server/keeper-file.ts';
import { registerSearchAttributes } from '../server/search-attributes.ts';
import { locusVersion } from '../server/version.ts';
import { catchInterruptions } from '../ui/interrupt.ts';
import type { Printer } from '../ui/printer.ts';
import { inProgress } from './gated/conflict.ts';
import { handOverSecrets } from './hand-over.ts';
import type { Project } from './project.ts';
import { attach } from './run-attach.ts';
import type { RunOptions } from './run-options.ts';
import type { Placement } from './run-preflight.ts';

/** Where the work will be done: on this machine, unless a server was configured and no worker of ours serves it here. */
export async function placementOf(project: Project): Promise<Placement> {
  const configured = await configuredTemporal();
  if (configured === null) return 'here';
  const worker = await readWorker(project.stateDir);
  return worker?.address === configured.address ? 'here' : 'elsewhere';
}

/** For a run that is to be started: the embedded server is given what its worker needs. */
export async function openRunEngine(project: Project, printer: Printer): Promise<Engine> {
  const target = await resolveTemporal({ stateDir: project.stateDir, onProgress: (line) => printer.note(line) });
  if (!target.configured) await handOverSecrets(project, false);
  return connect(target);
}

/** Starts a run, or joins one, and shows it until it ends or halts; answers the exit code. */
export async function startAndShow(
  engine: Engine,
  decision: { readonly kind: 'start'; readonly input: RunInput } | { readonly kind: 'attach'; readonly runId: string },
  { printer, options }: { readonly printer: Printer; readonly options: Pick<RunOptions, 'wait' | 'detach' | 'json'> },
): Promise<number> {
  // From here on there is a run to halt.
  const interruptions = options.wait || options.detach ? null : catchInterruptions();
  try {
    if (decision.kind === 'start') {
      const started = start(engine, decision.input, printer).then(() => true);
      const given = interruptions?.twice.then(() => false) ?? started;
      if (!(await Promise.race([started, given]))) return leftEarly(decision.input.runId, printer);
    }
    const { runId } = decision.kind === 'start' ? decision.input : decision;
    const url = workflowUrl(engine.target, runId);
    if (url) printer.note(url);
    if (options.detach) return detached(runId, printer, options.json ?? false);
    return await attach(engine.client, runId, printer, interruptions);
  } finally {
    interruptions?.close();
  }
}

async function start(engine: Engine, input: RunInput, printer: Printer): Promise<void> {
  const { client, target } = engine;
  const started = await startRun(client, input).catch(async (error: unknown) => {
    // A server that no worker of ours has served yet does not know our search attributes.
    if (!target.configured || !/search attribute/i.test(String(error))) throw error;
    await registerSearchAttributes(client.connection, target.namespace);
    return startRun(client, input);
  });
  if (started) return;
  // Nobody has asked for that one: its target may be another.
  if (goesThroughGates(input.type)) throw inProgress('JACK_IN');
  printer.note(`${input.runId} was started just before: showing that run`);
}

/** The server has not answered yet whether it took the run. */
function leftEarly(runId: string, printer: Printer): number {
  printer.note(`${runId} may have been started: see \`locus status\``);
  return 130;
}

function detached(runId: string, printer: Printer, json: boolean): number {
  if (json)
    console.log(
      JSON.stringify({ event: 'run.detached', runId, at: new Date().toISOString(), version: locusVersion() }),
    );
  else {
    const follow = isGatedRunId(runId) ? 'locus logs -f' : 'locus run';
    printer.note(`${runId} goes on in the background\nsee it with \`locus status\`, follow it with \`${follow}\``);
  }
  return 0;
}
