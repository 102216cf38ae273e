import { requireSize } from '../domain/run-size.ts';
import { openPrinter } from '../ui/printer.ts';
import { type GatedOptions, refuseGatedFlags } from './gated/flags.ts';
import { handOverSecrets } from './hand-over.ts';
import { openProject } from './project.ts';
import { confirmNoSandbox } from './run-consent.ts';
import { decide } from './run-decision.ts';
import { printPlan } from './run-dry.ts';
import { checkCombination, issueNumbers, sandboxMode } from './run-options.ts';
import { preflight } from './run-preflight.ts';
import { selectIssues, selectSprint } from './run-selection.ts';
import { openRunEngine, placementOf, startAndShow } from './run-start.ts';

/** `locus run`: looks at everything that could go wrong, starts the run or finds it, and shows it until it ends or halts. */
export async function run(options: GatedOptions): Promise<number> {
  refuseGatedFlags(options);
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
  const engine = await openRunEngine(project, printer);
  try {
    const decision = await decide(engine, { project, plan, tracker, selection, options, printer });
    if (decision.kind === 'nothing') return decision.exitCode;
    if (decision.kind === 'start' && !engine.target.configured) await handOverSecrets(project, true);
    return await startAndShow(engine, decision, { printer, options });
  } finally {
    printer.close();
    await engine.close();
  }
}
