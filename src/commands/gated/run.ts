import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { gatedSnapshot } from '../../config/snapshot.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { breakerDefaults } from '../../domain/gated/breaker.ts';
import { type GatedInput, isOver, issuesOfWork, type PlanInput, taskOf } from '../../domain/gated/run-input.ts';
import type { Mode } from '../../domain/gated/state.ts';
import { planTarget, targetBranch } from '../../domain/gated/target-name.ts';
import type { RunInput } from '../../domain/run.ts';
import { bugRunId, gatedRunId } from '../../domain/run-id.ts';
import { openPrinter } from '../../ui/printer.ts';
import { openEngineThatIsUp } from '../engine.ts';
import { handOverSecrets } from '../hand-over.ts';
import { refuseHeld } from '../held.ts';
import { openProject, type Project } from '../project.ts';
import { confirmNoSandbox } from '../run-consent.ts';
import { endForGood } from '../run-decision.ts';
import { checkCombination, sandboxMode } from '../run-options.ts';
import { type Plan, preflight, requireClean } from '../run-preflight.ts';
import { openRunEngine, placementOf, startAndShow } from '../run-start.ts';
import { bugSource, findBug } from './bug.ts';
import { findConflict } from './conflict.ts';
import { nothingLeft, printGatedPlan } from './dry.ts';
import { type GatedOptions, isBug, optionsOf, rangeOf, refuseIdleFlags, targetOf } from './flags.ts';
import { goingOn } from './going-on.ts';
import {
  branchFor,
  checkSprintBranches,
  type GatedProject,
  requireKnownBase,
  requireRoles,
  requireSafeCheckout,
  withDefaultBranch,
} from './preflight.ts';
import { resumeGatedRun } from './resume.ts';
import { findPlan, findTarget } from './target.ts';

/** One target, or the sprints of a plan. */
type Work = { readonly gated: GatedInput } | { readonly plan: PlanInput };

/** `locus run <target> --gated`: looks at everything that could go wrong, in the order of A1, starts the run and shows it. */
export async function runGated(options: GatedOptions): Promise<number> {
  checkCombination({ ...options, issues: [] });
  const bug = isBug(options) ? await bugSource(options) : null;
  if (options.resume) return resumeAndShow(options);
  const name = bug ? 'bug' : targetOf(options);
  refuseIdleFlags(options, name);
  const sandbox = sandboxMode(options.sandbox);
  const opened = await openProject(options.cwd);
  const snapshot = gatedSnapshot(opened.config);
  const settings = bug ? { ...snapshot, limits: breakerDefaults.bug } : snapshot;
  const { kept, note } = optionsOf(options, settings);
  if (!settings.enabled) {
    throw new LocusFailure('ConfigInvalid', 'gated runs are not enabled', {
      remedy: 'set run_mode.enabled to true in .locus/config.json',
    });
  }
  const tracker = await opened.openTracker();
  await tracker.check();
  const project = await withDefaultBranch(opened);
  const placement = await placementOf(project);
  if (placement === 'here') requireSafeCheckout(project);
  requireKnownBase(project);
  const plan = await preflight(project, { model: options.model, sandbox, placement });
  if (placement === 'here') await requireRoles(plan.settings, settings.roles);
  const printer = openPrinter({ json: options.json ?? false });
  // A dry run starts no server: where none is up, no run is in progress.
  const engine = options.dryRun ? await openEngineThatIsUp() : await openRunEngine(project, printer);
  try {
    const fresh = options.fresh ?? false;
    // Before its target is looked at. A bug's run has an id that nobody has had.
    const halted = engine && !bug ? await findConflict(engine, gatedRunId(project.key), fresh) : null;
    const places = { tracker, root: project.checkout.root, plan: settings.plan };
    const found =
      name === planTarget
        ? await findPlan(rangeOf(options), places)
        : { target: bug ? await findBug(bug, tracker) : await findTarget(name, places) };
    const usual = targetBranch('target' in found ? found.target.name : planTarget, today());
    const branch = branchFor(options.branch ?? usual, plan.baseBranch, project);
    if ('sprints' in found && options.consolidate === false)
      checkSprintBranches(branch, found.sprints, plan.baseBranch, project);
    const isHere = plan.source.kind === 'checkout' && project.checkout.currentBranch === branch;
    if (isHere) await requireClean(project.checkout.root);
    for (const warning of [note, project.guess, ...plan.warnings]) if (warning) printer.note(`warning: ${warning}`);
    if ('sprints' in found)
      for (const { name } of found.sprints.filter(isOver)) printer.note(`${name}: ${nothingLeft}`);
    const given = { settings, mode: modeOf(options), options: kept, allowHigh: options.allowHigh ?? false } as const;
    const work: Work =
      'target' in found
        ? { gated: { ...given, id: newId('run'), target: found.target } }
        : { plan: { ...given, ...found, id: newId('plan'), consolidate: options.consolidate ?? true } };
    const input = inputOf(project, plan, { work, branch, isHere });
    if (engine) await refuseHeld(engine, input.runId, issuesOfWork(input) ?? []);
    if (options.dryRun || engine === null) {
      printer.close();
      return printGatedPlan(input, { sandbox: plan.sandboxTitle, json: options.json ?? false });
    }
    const ask = options.sandbox === false && !options.json && !options.detach;
    if (!(await confirmNoSandbox(plan.settings.sandbox, { ask }))) return 2;
    if (halted) await endForGood(engine, halted);
    if (!engine.target.configured) await handOverSecrets(project, true);
    const decision = { kind: 'start', input: await goingOn(engine, input, printer) } as const;
    return await startAndShow(engine, decision, { printer, options });
  } finally {
    printer.close();
    await engine?.close();
  }
}

/** Attached to a terminal there is a person to ask. */
function modeOf({ autonomous, detach }: GatedOptions): Mode {
  const isAttached = !autonomous && !detach && process.stdin.isTTY && process.stdout.isTTY;
  return isAttached ? 'interactive' : 'autonomous';
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

/** A bug's stands beside the one that a repository has. */
function identityOf({ key }: Project, work: Work): Pick<RunInput, 'runId' | 'type'> {
  if ('plan' in work) return { runId: gatedRunId(key), type: 'plan' };
  const { kind, name } = work.gated.target;
  return kind === 'bug' ? { runId: bugRunId(key, name), type: 'bug' } : { runId: gatedRunId(key), type: 'gated' };
}

/** A plan's own; each sprint has one in its own run. */
const planTask = { issue: 0, title: 'Sprint plan', order: null, commitType: 'feat', committed: null } as const;

function inputOf(
  project: GatedProject,
  plan: Plan,
  { work, branch, isHere }: { readonly work: Work; readonly branch: string; readonly isHere: boolean },
): RunInput {
  const task = 'gated' in work ? taskOf(work.gated.target, branch) : { ...planTask, branch };
  const { sprint } = plan.settings;
  return {
    ...identityOf(project, work),
    repoName: project.name,
    tracker: project.tracker,
    source: plan.source,
    baseBranch: plan.baseBranch,
    protectedBranches: project.protectedBranches,
    remote: plan.remote,
    sprint: null,
    branch,
    only: null,
    settings: { ...plan.settings, sprint: { ...sprint, workspace: isHere ? 'root' : 'worktree' } },
    startedBy: userInfo().username,
    restarted: false,
    tasks: [task],
    finished: [],
    ...work,
  };
}

/** `run-YYYYMMDD-<8 hex>`, the day in UTC. */
function newId(kind: 'run' | 'plan'): string {
  return `${kind}-${today()}-${randomBytes(4).toString('hex')}`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '');
}
