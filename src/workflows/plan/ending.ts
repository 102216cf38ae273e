import { planSprintBranch } from '../../domain/branch.ts';
import { saidOf } from '../../domain/failures.ts';
import { singlePull } from '../../domain/gated/bodies.ts';
import { gateNote, outcomeInAll } from '../../domain/gated/gate-note.ts';
import { incompletePlanPull, planPull } from '../../domain/gated/plan-bodies.ts';
import { planReviews } from '../../domain/gated/plan-reviews.ts';
import { remotePlan } from '../../domain/gated/push-mode.ts';
import { singleStateOf } from '../../domain/gated/sprint-record.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { failureOf } from '../activities.ts';
import { answerTo, delivered, drafted, hintAt, markInReview, type Summed, standHalted } from '../gated/delivery.ts';
import { mostHosts } from '../gated/phases.ts';
import { isKnown } from '../gated/role.ts';
import type { Resumption } from '../gated/steer.ts';
import { step, TimeUp } from '../gated/step.ts';
import { validatePlan } from '../post-pr/of-plan.ts';
import { PhaseCut, type Run } from '../run.ts';
import { HostMoved, type Tools } from '../tools.ts';
import type { TrackerWrites } from '../tracker-writes.ts';
import type { Plan } from './state.ts';

/** What a plan works with. */
export interface PlanBench {
  readonly run: Run;
  readonly tools: Tools;
  readonly writes: TrackerWrites;
  readonly plan: Plan;
  /** How a person has let it go on last. */
  readonly resumption: () => Resumption;
}

/** What all sprints have made goes where the push mode says. What refuses that halts the plan, as often as it does. */
export async function concludePlan(bench: PlanBench): Promise<void> {
  const { plan } = bench;
  const { consolidate, settings } = plan.input;
  const last = plan.state.sprints.list.at(-1)?.id ?? '';
  await untilItIs(bench, last, async () => {
    plan.move('COMPLETE');
    return consolidate ? draftOfAll(bench) : draftLeft(bench);
  });
  if (consolidate && settings.postPr.enabled)
    await untilItIs(bench, last, () => validatePlan(bench, () => wholePull(bench)), redrafted);
  plan.move(plan.postPr === null ? 'JACKED_OUT' : 'READY_FOR_HITL');
}

/**
 * Does a step that answers why it could not be done; the plan halts for that, and does it again when somebody resumes.
 * `id`: the sprint after which that is. `meanwhile`: what is done once it is halted.
 */
export async function untilItIs(
  bench: PlanBench,
  id: string,
  work: () => Promise<string | undefined>,
  meanwhile: (bench: PlanBench) => Promise<void> = async () => {},
): Promise<void> {
  const { run, plan } = bench;
  // Who halts it as a sprint ends wants nothing to leave this machine yet.
  const done = async () => run.haltWanted ?? (await work());
  for (let problem = await problemOf(plan, done); problem !== null; problem = await problemOf(plan, done)) {
    if (problem !== run.haltWanted) plan.brokeDown(problem);
    plan.halted(id, problem);
    await standHalted(run, plan, problem, () => meanwhile(bench));
    plan.resumed(bench.resumption());
    plan.move('RUNNING');
  }
  plan.settled();
}

/** The finished draft, where there is one, says how far its validation has come. */
async function redrafted(bench: PlanBench): Promise<void> {
  if (!bench.plan.drafted) return;
  await drafted(bench, bench.plan, await wholePull(bench));
}

async function problemOf(plan: Plan, work: () => Promise<string | undefined>): Promise<string | null> {
  for (let hostsLost = 0; ; ) {
    try {
      return (await work()) ?? null;
    } catch (error) {
      if (error instanceof PhaseCut) return error.message;
      if (error instanceof TimeUp) return plan.tripped();
      const isLost = error instanceof HostMoved;
      if (isLost) hostsLost += 1;
      // Another host does it, with what has been pushed.
      if (isLost && hostsLost < mostHosts) continue;
      if (!isLost && !isKnown(error)) throw error;
      return saidOf(failureOf(error));
    }
  }
}

async function draftOfAll(bench: PlanBench): Promise<string | undefined> {
  const { run, plan } = bench;
  if (plan.isMerged) return undefined;
  const way = await wayOf(bench);
  if (way === 'halted') return run.haltWanted ?? 'halted';
  if (way === null) return undefined;
  const completion = await delivered(bench, plan, way.pullRequest ? await wholePull(bench) : null);
  plan.complete(completion);
  plan.drafted = completion.pr_created;
  markInReview(bench, plan.issues);
  return undefined;
}

/** `--no-consolidate`: a halt may have left a draft of the plan's own branch. It is told what became of it; none is opened. */
async function draftLeft(bench: PlanBench): Promise<string | undefined> {
  const { run, tools, plan } = bench;
  const { branch, pushMode } = plan;
  if (pushMode === 'LOCAL' || !run.input.settings.agent.autoPR) return undefined;
  const left = await step(run, plan, `draft of ${branch}`, (summary) =>
    tools.tracker.findDraft.executeWithOptions({ summary }, [run.context, { branch }]),
  );
  if (left === null) return undefined;
  const way = await wayOf(bench);
  if (way === 'halted') return run.haltWanted ?? 'halted';
  if (way !== null) plan.complete(await delivered(bench, plan, await wholePull(bench)));
  return undefined;
}

/** `--no-consolidate`: the sprint's end on a branch of its own, with a draft of its own. */
export async function draftOfSprint(bench: PlanBench, id: string): Promise<void> {
  const { run, plan } = bench;
  const record = plan.recordOf(id);
  if (record === null || record.commit === null) return;
  const { commit: tip, issues, tests, commits, files_changed: files } = record;
  const branch = planSprintBranch(plan.branch, id);
  await untilItIs(bench, id, async () => {
    const way = await wayOf(bench, { branch, source: `${tip}:refs/heads/${branch}`, commits, files });
    if (way === 'halted') return run.haltWanted ?? 'halted';
    if (way === null) return undefined;
    const notes = plan.notesOn(record);
    const { enabled } = plan.input.settings.postPr;
    const unvalidated = enabled ? [gateNote('post_pr', 'skipped', 'a draft of one sprint is not validated')] : [];
    const state = singleStateOf(record, plan.input.id);
    const completion = completionOf(plan, id, [notes]);
    const pull = singlePull({ state, tests, notes: [...notes, ...unvalidated], issues, completion });
    const work = { branch, tip, timeLeft: plan.timeLeft, isHalted: false };
    plan.complete(await delivered(bench, work, way.pullRequest ? pull : null));
    if (way.pullRequest) plan.draftedOwn(record);
    markInReview(bench, issues);
    return undefined;
  });
}

/** A halted plan's branch and draft, as its push mode says. */
export async function incompletePlan(bench: PlanBench): Promise<void> {
  const { plan } = bench;
  if (plan.tip === '' || plan.commits === 0 || plan.isMerged) return;
  const way = await wayOf(bench);
  if (way === null || way === 'halted') return;
  const { state, deletions, notes, breaker } = plan;
  const pull = incompletePlanPull({
    plan: state,
    deletions,
    reviews: reviewsOf(bench),
    notes,
    breakerOpen: breaker.state === 'OPEN',
  });
  plan.complete(await delivered(bench, plan, way.pullRequest ? pull : null));
}

/** What would be pushed. `source`: what git is told to push, where that is not the branch itself. */
interface Pushable extends Summed {
  readonly source?: string;
}

/** Whether to push, and with a pull request; null: nothing leaves this machine. */
async function wayOf({ run, plan }: PlanBench, what: Pushable = plan) {
  const answer = await answerTo(run, plan, what);
  if (answer === 'halted') return answer;
  const way = remotePlan(plan.pushMode, answer, run.input.settings.agent.autoPR);
  if (way.kind === 'push') return way;
  if (way.kind === 'none' && !plan.state.completion?.pushed) plan.complete(way.completion);
  hintAt(run, what.source ?? what.branch);
  return null;
}

async function wholePull(bench: PlanBench): Promise<PullText> {
  const { run, tools, plan } = bench;
  const { tip, state, deletions, notes, branch } = plan;
  const request = { commit: tip, since: tip, base: null, leftOf: branch };
  const { log, left, commits } = await step(run, plan, `commits of ${branch}`, (summary) =>
    tools.onHost(({ host }) => host.lookAtBranch.executeWithOptions({ summary }, [run.context, request])),
  );
  return planPull({
    plan: state,
    commits: log,
    deletions,
    tests: plan.tests,
    reviews: reviewsOf(bench),
    notes: [...notes, ...notesOf(plan), ...unlisted(commits, log.length)],
    issues: plan.issues,
    leftBehind: left ?? { worktree: null, unfinished: [] },
    completion: completionOf(
      plan,
      'sprint-plan',
      plan.noted.map(({ notes: seen }) => seen),
    ),
    postPr: plan.postPr,
  });
}

function reviewsOf({ run, plan }: PlanBench) {
  const { settings } = plan.input;
  return planReviews({
    plan: plan.state,
    notes: plan.noted,
    settings,
    usual: run.input.settings,
    postPr: plan.postPr,
  });
}

/** A pull request has room for so many commits. */
function unlisted(commits: number, listed: number): string[] {
  return listed > 0 && listed < commits ? [`the oldest ${commits - listed} commits are not listed by sprint`] : [];
}

/** What the plan's draft says where each sprint has one of its own. */
function notesOf({ input: { consolidate, settings } }: Plan): string[] {
  if (consolidate) return [];
  const unvalidated = gateNote('post_pr', 'skipped', 'the drafts of single sprints are not validated');
  const why = 'each sprint has a draft of its own: this one was opened as the plan halted';
  return settings.postPr.enabled ? [why, unvalidated] : [why];
}

/** `notes`: of each sprint that it is about. */
function completionOf({ state, input }: Plan, target: string, notes: readonly (readonly string[])[]) {
  const { redTeam, dissent } = input.settings;
  const gates = {
    review: 'APPROVED',
    audit: 'APPROVED',
    'red-team': redTeam.enabled ? outcomeInAll('red-team', notes) : 'off',
    dissent: dissent ? outcomeInAll('dissent', notes) : 'off',
  };
  return { run_id: state.plan_id, target, gates, ts: state.timestamps.last_activity };
}
