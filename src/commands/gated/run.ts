import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Engine } from '../../client/connect.ts';
import { findRun } from '../../client/runs.ts';
import { gatedSnapshot } from '../../config/snapshot.ts';
import { LocusFailure } from '../../domain/failures.ts';
import type { GatedInput } from '../../domain/gated/run-input.ts';
import type { RunInput } from '../../domain/run.ts';
import { gatedRunId } from '../../domain/run-id.ts';
import { openPrinter } from '../../ui/printer.ts';
import { handOverSecrets } from '../hand-over.ts';
import { openProject, type Project } from '../project.ts';
import { confirmNoSandbox } from '../run-consent.ts';
import { endForGood } from '../run-decision.ts';
import { checkCombination, sandboxMode } from '../run-options.ts';
import { type Plan, preflight, requireClean } from '../run-preflight.ts';
import { openRunEngine, placementOf, startAndShow } from '../run-start.ts';
import { printGatedPlan } from './dry.ts';
import { type GatedOptions, optionsOf, targetOf } from './flags.ts';
import { branchFor, requireRoles, requireSafeCheckout } from './preflight.ts';
import { resumeGatedRun } from './resume.ts';
import { findTarget } from './target.ts';

/** `locus run <target> --gated`: looks at everything that could go wrong, in the order of A1, starts the run and shows it. */
export async function runGated(options: GatedOptions): Promise<number> {
  checkCombination({ ...options, issues: [] });
  if (options.resume) return resumeAndShow(options);
  const name = targetOf(options);
  const sandbox = sandboxMode(options.sandbox);
  const project = await openProject(options.cwd);
  const settings = gatedSnapshot(project.config);
  const { kept, note } = optionsOf(options, settings);
  if (!settings.enabled) {
    throw new LocusFailure('ConfigInvalid', 'gated runs are not enabled', {
      remedy: 'set run_mode.enabled to true in .locus/config.json',
    });
  }
  const tracker = await project.openTracker();
  await tracker.check();
  const placement = await placementOf(project);
  if (placement === 'here') requireSafeCheckout(project);
  const plan = await preflight(project, { model: options.model, sandbox, placement });
  if (placement === 'here') await requireRoles(plan.settings, settings.roles);
  const target = await findTarget(name, { tracker, root: project.checkout.root, plan: settings.plan });
  const branch = branchFor(options.branch ?? `feature/${name}`, plan.baseBranch);
  const isHere = plan.source.kind === 'checkout' && project.checkout.currentBranch === branch;
  if (isHere) await requireClean(project.checkout.root);

  const printer = openPrinter({ json: options.json ?? false });
  for (const warning of [note, ...plan.warnings]) if (warning) printer.note(`warning: ${warning}`);
  const isInteractive = !options.autonomous && !options.detach && Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const gated: GatedInput = {
    id: newId(),
    target,
    settings,
    mode: isInteractive ? 'interactive' : 'autonomous',
    options: kept,
    allowHigh: options.allowHigh ?? false,
  };
  const input = inputOf(project, plan, { gated, branch, isHere });
  if (options.dryRun) {
    printer.close();
    return printGatedPlan(input, { sandbox: plan.sandboxTitle, json: options.json ?? false });
  }
  const ask = options.sandbox === false && !options.json && !options.detach;
  if (!(await confirmNoSandbox(plan.settings.sandbox, { ask }))) return 2;
  const engine = await openRunEngine(project, printer);
  try {
    await refuseConflict(engine, input.runId, options.fresh ?? false);
    if (!engine.target.configured) await handOverSecrets(project, true);
    return await startAndShow(engine, { kind: 'start', input }, { printer, options });
  } finally {
    printer.close();
    await engine.close();
  }
}

/** `--resume`: the run of this repository, whatever its target, goes on and is shown. */
async function resumeAndShow(options: GatedOptions): Promise<number> {
  const project = await openProject(options.cwd);
  const printer = openPrinter({ json: options.json ?? false });
  const engine = await openRunEngine(project, printer);
  try {
    const runId = gatedRunId(project.key);
    await resumeGatedRun(engine, project, { ...options, runId });
    return await startAndShow(engine, { kind: 'attach', runId }, { printer, options });
  } finally {
    printer.close();
    await engine.close();
  }
}

/** A new run never takes the place of one that works or could go on; `--fresh` ends a halted one first. */
async function refuseConflict(engine: Engine, runId: string, fresh: boolean): Promise<void> {
  const found = await findRun(engine.client, runId);
  if (!found?.open) return;
  const isHalted = found.memo?.status === 'halted';
  if (fresh && isHalted) return endForGood(engine, found);
  const state = found.memo?.gated?.split(' ')[0] ?? 'JACK_IN';
  const anew = isHalted ? ', or end it and start anew with `--fresh`' : '';
  throw new LocusFailure('RunConflict', `a gated run of this repository is in progress: it is ${state}`, {
    remedy: `see \`locus status\`, halt it with \`locus halt\`, go on with \`locus resume\`${anew}`,
  });
}

function inputOf(
  project: Project,
  plan: Plan,
  { gated, branch, isHere }: { readonly gated: GatedInput; readonly branch: string; readonly isHere: boolean },
): RunInput {
  const { target } = gated;
  // Of several issues the one that its agents' figures stand under; the target names them all.
  const issue = target.kind === 'issues' && target.issues.length === 1 ? (target.issues[0] ?? 0) : 0;
  const { sprint } = plan.settings;
  return {
    runId: gatedRunId(project.key),
    type: 'gated',
    repoName: project.name,
    tracker: project.tracker,
    source: plan.source,
    baseBranch: plan.baseBranch,
    remote: plan.remote,
    sprint: null,
    branch,
    only: null,
    settings: { ...plan.settings, sprint: { ...sprint, workspace: isHere ? 'root' : 'worktree' } },
    startedBy: userInfo().username,
    restarted: false,
    tasks: [{ issue, title: target.title || target.name, order: null, commitType: 'feat', branch, committed: null }],
    finished: [],
    gated,
  };
}

/** `run-YYYYMMDD-<8 hex>`, the day in UTC. */
function newId(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return `run-${day}-${randomBytes(4).toString('hex')}`;
}
