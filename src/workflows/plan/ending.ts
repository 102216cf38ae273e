import { singlePull } from '../../domain/gated/bodies.ts';
import type { TestRun } from '../../domain/gated/body-parts.ts';
import { incompletePlanPull, planPull } from '../../domain/gated/plan-bodies.ts';
import { pushHint, remotePlan } from '../../domain/gated/push-mode.ts';
import type { GatedProgress } from '../../domain/gated/run-input.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { failureOf } from '../activities.ts';
import { answerTo, delivered, markInReview, standHalted } from '../gated/delivery.ts';
import { isKnown } from '../gated/role.ts';
import { patiently } from '../patience.ts';
import { PhaseCut, type Run } from '../run.ts';
import type { Tools } from '../tools.ts';
import type { TrackerWrites } from '../tracker-writes.ts';
import type { Plan } from './state.ts';

/** What a plan works with. */
export interface PlanBench {
  readonly run: Run;
  readonly tools: Tools;
  readonly writes: TrackerWrites;
  readonly plan: Plan;
}

/** What all sprints have made goes where the push mode says. What refuses that halts the plan, as often as it does. */
export async function concludePlan(bench: PlanBench): Promise<void> {
  const { run, plan } = bench;
  for (;;) {
    plan.move('COMPLETE');
    const problem = await problemOf(async () => (plan.input.consolidate ? draftOfAll(bench) : undefined));
    if (problem === null) break;
    plan.move('HALTED');
    await standHalted(run, plan, problem, async () => {});
    plan.move('RUNNING');
  }
  plan.move('JACKED_OUT');
}

async function problemOf(step: () => Promise<string | undefined>): Promise<string | null> {
  try {
    return (await step()) ?? null;
  } catch (error) {
    if (error instanceof PhaseCut) return error.message;
    if (!isKnown(error)) throw error;
    return failureOf(error).message;
  }
}

async function draftOfAll(bench: PlanBench): Promise<string | undefined> {
  const { run, plan } = bench;
  const way = await wayOf(bench);
  if (way === 'halted') return run.haltWanted ?? 'halted';
  if (way === null) return undefined;
  await delivered(bench, plan, way.pullRequest ? await wholePull(bench) : null);
  markInReview(bench, issuesOf(plan));
  return undefined;
}

/** `--no-consolidate`: the sprint's end on a branch of its own, with a draft of its own. */
export async function draftOfSprint(bench: PlanBench, id: string, gated: GatedProgress): Promise<void> {
  const { run, plan } = bench;
  const deliver = async () => {
    const way = await wayOf(bench);
    if (way === 'halted') return run.haltWanted ?? 'halted';
    if (way === null) return undefined;
    const { run: state, notes = [] } = gated;
    const target = plan.input.sprints.find(({ name }) => name === id);
    const issues = target?.kind === 'issues' ? target.issues : [];
    const completion = completionOf(plan, id);
    const pull = singlePull({ state, tests: testsOf(run), notes, issues, completion });
    const work = { branch: `${plan.branch}-${id}`, tip: plan.tip };
    await delivered(bench, work, way.pullRequest ? pull : null);
    markInReview(bench, issues);
    return undefined;
  };
  for (let problem = await problemOf(deliver); problem !== null; problem = await problemOf(deliver)) {
    plan.move('HALTED');
    await standHalted(run, plan, problem, async () => {});
    plan.move('RUNNING');
  }
}

/** A halted plan's branch and draft, as its push mode says. */
export async function incompletePlan(bench: PlanBench): Promise<void> {
  const { plan } = bench;
  if (plan.tip === '' || plan.commits === 0) return;
  const way = await wayOf(bench);
  if (way === null || way === 'halted') return;
  const { state, deletions, notes, breaker } = plan;
  const pull = incompletePlanPull({
    plan: state,
    deletions,
    reviews: [],
    notes,
    breakerOpen: breaker.state === 'OPEN',
  });
  await delivered(bench, plan, way.pullRequest ? pull : null);
}

/** Whether to push, and with a pull request; null: nothing leaves this machine. */
async function wayOf({ run, plan }: PlanBench) {
  const answer = await answerTo(run, plan);
  if (answer === 'halted') return answer;
  const way = remotePlan(plan.pushMode, answer, run.input.settings.agent.autoPR);
  if (way.kind === 'push') return way;
  if (run.input.remote !== null) run.warn(`to push it: ${pushHint(run.input.remote, plan.branch)}`);
  return null;
}

async function wholePull({ run, tools, plan }: PlanBench): Promise<PullText> {
  const { tip, state, deletions, notes, branch } = plan;
  const { log } = await patiently(run, () =>
    tools.onHost(({ host }) =>
      host.lookAtBranch.executeWithOptions({ summary: `commits of ${branch}` }, [
        run.context,
        { commit: tip, since: tip, base: null },
      ]),
    ),
  );
  return planPull({
    plan: state,
    commits: log,
    deletions,
    tests: testsOf(run),
    reviews: [],
    notes,
    issues: issuesOf(plan),
    leftBehind: { worktree: null, unfinished: [] },
    completion: completionOf(plan, 'sprint-plan'),
  });
}

function completionOf({ state }: Plan, target: string) {
  const gates = { review: 'APPROVED', audit: 'APPROVED' };
  return { run_id: state.plan_id, target, gates, ts: state.timestamps.last_activity };
}

/** It ended with 0 on the commit of each cycle, or the cycle would have failed. */
function testsOf({ input }: Run): TestRun[] {
  const { verify } = input.settings.agent;
  return verify === null ? [] : [{ command: verify.join(' '), exit_code: 0 }];
}

function issuesOf({ input }: Plan): number[] {
  return input.sprints.flatMap((target) => (target.kind === 'issues' ? target.issues : []));
}
