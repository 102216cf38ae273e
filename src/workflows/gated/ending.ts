import { afterApproval, afterBreakdown } from '../../domain/gated/breaker.ts';
import { remotePlan } from '../../domain/gated/push-mode.ts';
import type { EntryPhase } from '../../domain/gated/transitions.ts';
import { oneLine } from '../../domain/text.ts';
import { failureOf } from '../activities.ts';
import { isDrafted, validateTarget } from '../post-pr/of-target.ts';
import { PhaseCut } from '../run.ts';
import { HostMoved } from '../tools.ts';
import { factsOf } from './branch.ts';
import { answerTo, delivered, drafted, hintAt, markInReview, standHalted } from './delivery.ts';
import type { LoopEnd } from './phases.ts';
import { donePull, incompletePull } from './pulls.ts';
import { type GatedBench, isKnown } from './role.ts';
import { forAMoment, TimeUp } from './step.ts';
import { tripped } from './time.ts';

type Halt = Exclude<LoopEnd, { readonly kind: 'complete' }>;

/** What was completed goes where the push mode says; null, or why the run halts instead. */
export async function conclude(bench: GatedBench): Promise<Halt | null> {
  const { target } = bench;
  target.move('COMPLETE');
  if (bench.plan !== null) return null;
  try {
    const undelivered = isDrafted(bench) ? null : await deliver(bench);
    if (undelivered !== null) return undelivered;
    const { loop, clock } = target;
    // Of a probe whose gates had approved before, this was what was left to do.
    target.set({ ...loop, breaker: afterApproval(loop.breaker, clock.now) });
    const invalid = await validateTarget(bench);
    if (invalid !== null) return invalid;
    target.move(target.postPr === null ? 'JACKED_OUT' : 'READY_FOR_HITL');
    return null;
  } catch (error) {
    if (error instanceof PhaseCut) return { kind: 'person', reason: error.message };
    if (error instanceof TimeUp) return tripped(target);
    if (!isKnown(error) && !(error instanceof HostMoved)) throw error;
    if (error instanceof HostMoved) target.hostLost();
    const { type, message } = failureOf(error);
    const reason = type === 'GuardRefused' ? 'guard_refused' : 'gate_error';
    return { kind: 'halt', reason, detail: message, trigger: null };
  }
}

/** Pushes what was completed and opens its draft, as the push mode and a person say; what was validated before is no more. */
async function deliver(bench: GatedBench): Promise<Halt | null> {
  const { run, target } = bench;
  const answer = await answerTo(run, target);
  if (answer === 'halted') return { kind: 'person', reason: run.haltWanted ?? '' };
  const plan = remotePlan(target.state.options.push_mode, answer, run.input.settings.agent.autoPR);
  if (plan.kind === 'ask') throw new Error('a question was answered by nobody');
  target.postPr = null;
  if (plan.kind === 'none') {
    target.complete(plan.completion);
    hintAt(run, target.branch);
  } else {
    target.complete(await delivered(bench, target, plan.pullRequest ? donePull(bench) : null));
  }
  target.drafted = target.state.completion.pr_created ? target.tip : null;
  markInReview(bench, target.issues);
  return null;
}

/** Halts: what is pending is committed, an incomplete draft says so, and somebody has to resume. Answers the phase to enter. */
export async function haltAt(
  bench: GatedBench,
  halt: Halt,
  resumption: () => 'keep' | 'reset' | 'probe',
): Promise<EntryPhase> {
  const { run, target } = bench;
  const { loop, clock } = target;
  // Whatever it is that a probe halts for, it has failed; a person lets it go on.
  if (halt.kind === 'halt')
    target.set({ ...loop, breaker: afterBreakdown(loop.breaker, halt.detail || halt.reason, clock.now) });
  const reason = halt.kind === 'person' || halt.detail === '' ? halt.reason : `${halt.reason}: ${halt.detail}`;
  // What its validation has halted is finished: its draft stays what it is, and says so.
  const isFinished = target.stateName === 'COMPLETE' && target.postPr !== null;
  const uncommitted = (why: string) => run.warn(`what lies in the workspace could not be committed: ${why}`);
  await commitPending(bench, reason, uncommitted).catch((error: unknown) => {
    if (error instanceof HostMoved) target.hostLost();
    else if (!isKnown(error)) throw error;
    uncommitted(failureOf(error).message);
  });
  target.halted(reason);
  // Of a plan's sprint the plan makes the draft.
  await standHalted(run, target, reason, async () => (bench.plan === null ? incomplete(bench, isFinished) : undefined));
  target.opened = null;
  return target.resumed(resumption());
}

/** Whatever keeps its workspace, a run shows that it is halted. What is committed later is a branch that has moved. */
const patienceMs = 60_000;

async function commitPending(bench: GatedBench, reason: string, failed: (why: string) => void): Promise<void> {
  const { run, tools, target } = bench;
  const { opened, tip, state } = target;
  if (opened === null) return;
  const { cycles, phase, run_id, target: name } = state;
  const message = [
    `wip(${name}): ${oneLine(reason).slice(0, 80)}`,
    '',
    `Halted: ${oneLine(reason)}`,
    `Run: ${run_id}`,
    `Target: ${name}`,
    `Cycle: ${cycles.current}`,
    `Phase: ${phase}`,
    '',
    `Locus-Run: ${run.input.runId}`,
    '',
  ].join('\n');
  const request = {
    workspace: opened.workspace,
    startCommit: tip,
    message,
    attemptId: run.task(target.issue).attemptId,
  };
  const pending = await forAMoment(run, patienceMs, () =>
    tools.onHost(({ host }) =>
      host.commitPending.executeWithOptions({ summary: 'commit pending work' }, [run.context, request]),
    ),
  );
  if (pending === null) return failed('its host does not answer');
  const { commit } = pending;
  if (commit === tip) return;
  run.update(target.issue, { commit });
  target.unapproved();
  const since = target.since || tip;
  const facts = await forAMoment(run, patienceMs, () => factsOf(bench, since, 'what was pending'));
  if (facts !== null) target.committed(facts);
}

/** A halted run's branch and draft, as its push mode says; where a person is asked first, until they answer. */
async function incomplete(bench: GatedBench, isFinished: boolean): Promise<void> {
  const { run, target } = bench;
  if (isFinished && isDrafted(bench)) {
    await drafted(bench, target, donePull(bench));
    return;
  }
  const began = target.bug ? target.bug.base : run.task(target.issue).startCommit;
  if (began === null || (target.state.metrics.commits === 0 && target.tip === began)) return;
  const answer = await answerTo(run, target);
  if (answer === 'halted') return;
  const plan = remotePlan(target.state.options.push_mode, answer, run.input.settings.agent.autoPR);
  const { completion } = target.state;
  if (plan.kind === 'none' && !completion.pushed) target.complete(plan.completion);
  if (plan.kind !== 'push') return;
  target.complete(
    await delivered(bench, target, plan.pullRequest ? (isFinished ? donePull(bench) : incompletePull(bench)) : null),
  );
}
