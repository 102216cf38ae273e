import { connect, type Engine } from '../client/connect.ts';
import { startRun } from '../client/runs.ts';
import type { RunInput } from '../domain/run.ts';
import { requireSize } from '../domain/run-size.ts';
import { configuredTemporal, resolveTemporal, workflowUrl } from '../server/connection.ts';
import { readWorker } from '../server/keeper-file.ts';
import { registerSearchAttributes } from '../server/search-attributes.ts';
import { locusVersion } from '../server/version.ts';
import { catchInterruptions, type Interruptions } from '../ui/interrupt.ts';
import { openPrinter, type Printer } from '../ui/printer.ts';
import { handOverSecrets } from './hand-over.ts';
import { openProject, type Project } from './project.ts';
import { attach } from './run-attach.ts';
import { confirmNoSandbox } from './run-consent.ts';
import { decide } from './run-decision.ts';
import { printPlan } from './run-dry.ts';
import { checkCombination, issueNumbers, type RunOptions, sandboxMode } from './run-options.ts';
import { type Placement, preflight } from './run-preflight.ts';
import { selectIssues, selectSprint } from './run-selection.ts';

/** `locus run`: looks at everything that could go wrong, starts the run or finds it, and shows it until it ends or halts. */
export async function run(options: RunOptions): Promise<number> {
  checkCombination(options);
  const numbers = issueNumbers(options.issues);
  const sandbox = sandboxMode(options.sandbox);
  const project = await openProject(options.cwd);
  const placement = await placementOf(project);
  // Its token may have to be asked for; what is wrong with that is told when its turn comes.
  const opening = project.openTracker();
  opening.catch(() => {});
  const plan = await preflight(project, { model: options.model, sandbox, placement });

  requireSize(numbers.length, plan.settings.agent);
  const tracker = await opening;
  const force = options.force ?? false;
  const selection =
    numbers.length > 0
      ? await selectIssues(tracker, project.key, numbers, force)
      : await selectSprint(tracker, project.key, options.sprint ?? project.config.sprint.active, force);
  if (options.dryRun) {
    for (const warning of plan.warnings) console.error(`warning: ${warning}`);
    return printPlan(project, plan, tracker, selection, { json: options.json ?? false });
  }

  const printer = openPrinter({ json: options.json ?? false });
  for (const warning of plan.warnings) printer.note(`warning: ${warning}`);
  // Where the config says so, it has been decided already.
  const ask = options.sandbox === false && !options.json && !options.detach;
  if (!(await confirmNoSandbox(plan.settings.sandbox, { ask }))) return 2;
  const engine = await openEngine(project, printer);
  let interruptions: Interruptions | null = null;
  try {
    const decision = await decide(engine, { project, plan, tracker, selection, options, printer });
    if (decision.kind === 'nothing') return decision.exitCode;
    if (decision.kind === 'start') {
      if (!engine.target.configured) await handOverSecrets(project, true);
    }
    // From here on there is a run to halt.
    interruptions = options.wait || options.detach ? null : catchInterruptions();
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
    printer.close();
    await engine.close();
  }
}

/** Where the work will be done: on this machine, unless a server was configured and no worker of ours serves it here. */
async function placementOf(project: Project): Promise<Placement> {
  const configured = await configuredTemporal();
  if (configured === null) return 'here';
  const worker = await readWorker(project.stateDir);
  return worker?.address === configured.address ? 'here' : 'elsewhere';
}

async function openEngine(project: Project, printer: Printer): Promise<Engine> {
  const target = await resolveTemporal({ stateDir: project.stateDir, onProgress: (line) => printer.note(line) });
  if (!target.configured) await handOverSecrets(project, false);
  return connect(target);
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
  else printer.note(`${runId} goes on in the background\nsee it with \`locus status\`, follow it with \`locus run\``);
  return 0;
}
