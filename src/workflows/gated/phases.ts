import type { PromptAbout } from '../../activities/gated/contract.ts';
import { type Failure, saidOf } from '../../domain/failures.ts';
import { enterPhase, nextStep } from '../../domain/gated/loop.ts';
import type { Breakdown, HaltStep, LoopEvent, LoopFacts, Step, WorkPhase } from '../../domain/gated/loop-state.ts';
import type { Gate } from '../../domain/gated/state.ts';
import type { EntryPhase } from '../../domain/gated/transitions.ts';
import { readAskedVerdict } from '../../domain/gated/verdict.ts';
import { failureOf } from '../activities.ts';
import { recordTriage } from '../bug/record.ts';
import { HostMoved } from '../tools.ts';
import { branchFacts } from './branch.ts';
import { dissent } from './dissent.ts';
import { open, opened } from './open.ts';
import { pushWork } from './push.ts';
import { redTeam } from './red-team.ts';
import { callRole, type GatedBench, isKnown } from './role.ts';
import { TimeUp } from './step.ts';
import { unfinished } from './unfinished.ts';

/** Why the target's loop has ended: it is complete, its breaker or a failure halts it, or a person does. */
export type LoopEnd = { readonly kind: 'complete' } | HaltStep | { readonly kind: 'person'; readonly reason: string };

/** A fleet that loses one after the other needs a person. */
export const mostHosts = 5;

/** A step that something is to be done for. */
type Task = Exclude<Step, { readonly kind: 'complete' | 'halt' }>;

/** Implements, reviews and audits, from a phase on, until the target is complete or halts. */
export async function workFrom(bench: GatedBench, from: EntryPhase): Promise<LoopEnd> {
  const { run, target } = bench;
  let step: Step = from === 'INIT' ? await init(bench) : { kind: 'phase', phase: from };
  while (step.kind !== 'complete' && step.kind !== 'halt') {
    await run.checkpoint();
    if (run.haltWanted !== null) return { kind: 'person', reason: run.haltWanted };
    step = await carriedOut(bench, step);
  }
  if (step.kind === 'halt') return step;
  target.passed = true;
  // Who halts it in its last phase does not want it delivered yet.
  await run.checkpoint();
  return run.haltWanted === null ? step : { kind: 'person', reason: run.haltWanted };
}

/** What a person has done to the branch while it was halted is not what the gates have approved. */
export async function lookedAgain(bench: GatedBench): Promise<HaltStep | null> {
  for (;;) {
    try {
      await opened(bench);
      return null;
    } catch (error) {
      const event = brokenOff(bench, error);
      const step = event && happened(bench, event);
      if (step?.kind === 'halt') return step;
    }
  }
}

/** A step and what follows it. What breaks it off is an event as well; a person's force is an end. */
async function carriedOut(bench: GatedBench, step: Task): Promise<Step> {
  try {
    return await take(bench, bench.target.workLost ? { kind: 'phase', phase: 'IMPLEMENT' } : step);
  } catch (error) {
    const event = brokenOff(bench, error);
    // The phase begins again on another host, with what has been pushed.
    return event === null ? step : happened(bench, event);
  }
}

/** The branch is made ready; what stands in the way of that halts the run. */
async function init(bench: GatedBench): Promise<Step> {
  const { target } = bench;
  for (;;) {
    try {
      await open(bench, { asItIs: false });
      target.workLost = false;
      target.begun();
      return happened(bench, { kind: 'ready' });
    } catch (error) {
      const event = brokenOff(bench, error);
      if (event === null) continue;
      target.begun();
      return happened(bench, event);
    }
  }
}

/** What it means that a step was broken off; null: its host was lost, and another one is to do it. */
function brokenOff({ target }: GatedBench, error: unknown): LoopEvent | null {
  if (error instanceof TimeUp) return { kind: 'time_up' };
  const isLost = error instanceof HostMoved;
  if (isLost && target.hostLost() < mostHosts) return null;
  if (!isLost && !isKnown(error)) throw error;
  return { kind: 'broken', reason: reasonOf(failureOf(error)), detail: saidOf(failureOf(error)) };
}

/** None of these is an agent's failure, which is an answer. */
function reasonOf({ type }: Failure): Breakdown {
  if (type === 'GuardRefused') return 'guard_refused';
  return type === 'BaseConflict' ? 'base_conflict' : 'gate_error';
}

async function take(bench: GatedBench, step: Task): Promise<Step> {
  switch (step.kind) {
    case 'phase':
      return enter(bench, step.phase);
    case 'repair':
      return judge(bench, step.gate, step.reasons);
    case 'red_team':
      return happened(bench, await redTeam(bench));
    case 'dissent':
      return happened(bench, await dissent(bench));
  }
}

async function enter(bench: GatedBench, phase: WorkPhase): Promise<Step> {
  const { run, target } = bench;
  // First, as what the gates have approved may be there no longer.
  await opened(bench);
  const { loop, entry } = enterPhase(target.loop, phase, target.clock);
  target.set(loop);
  if (entry.kind === 'halt') return entry;
  if (entry.kind === 'wait') {
    const untilTimeout = target.timeLeft === null ? Number.POSITIVE_INFINITY : Date.now() + target.timeLeft;
    const until = Math.min(Date.parse(entry.until), untilTimeout);
    const reason = `the limit of ${target.loop.rate.limit} phases an hour`;
    const isOver = () => run.stopping || run.haltWanted !== null;
    // Who wakes runs that wait for an account means others.
    while (!isOver() && Date.now() < until) await run.wait({ reason, until }, isOver);
    return { kind: 'phase', phase: entry.phase };
  }
  if (entry.phase === 'IMPLEMENT') return implement(bench);
  return judge(bench, entry.phase === 'REVIEW' ? 'review' : 'audit', null);
}

/** One start of an agent for the whole target; what it leaves is a commit. */
async function implement(bench: GatedBench): Promise<Step> {
  const { run, target } = bench;
  if (target.bug?.base === null) await recordTriage(bench, target.bug);
  const { feedback, earlier, since } = target;
  const end = await callRole(bench, 'implementer', { kind: 'implement', feedback, earlier });
  if (end.outcome !== 'done') return happened(bench, unfinished('implementer', end));
  run.update(target.issue, { commit: end.commit });
  target.tested = end.commit;
  target.report = end.summary;
  const facts = await branchFacts(bench, since, `cycle ${target.loop.cycle}`);
  target.workLost = false;
  target.committed(facts);
  await pushWork(bench);
  return happened(bench, { kind: 'implemented', filesChanged: facts.changed });
}

/** Asks a gate; `problems`: with what is wrong with the answer that it has given. */
async function judge(bench: GatedBench, gate: Gate, problems: readonly string[] | null): Promise<Step> {
  const { target } = bench;
  const name = gate === 'review' ? 'reviewer' : 'auditor';
  const own = target.earlier.filter((each) => each.gate === gate);
  const about: PromptAbout =
    problems === null
      ? { kind: 'judge', gate, report: target.report, earlier: own }
      : { kind: 'repair', by: gate, problems, answer: target.lastAnswer };
  const end = await callRole(bench, name, about);
  if (end.outcome !== 'answered') return happened(bench, unfinished(name, end));
  target.lastAnswer = end.answer;
  const verdict = readAskedVerdict(end.answer, gate);
  if (verdict.kind === 'approved') target.judged(gate, verdict.findings, null);
  if (verdict.kind === 'changes_required') {
    target.wantedChanges = { ...target.wantedChanges, [gate]: end.answer };
    target.judged(gate, verdict.findings, end.answer);
  }
  return happened(bench, { kind: 'judged', gate, verdict });
}

function happened({ run, target }: GatedBench, event: LoopEvent): Step {
  const { redTeam, dissent } = target.input.settings;
  const facts: LoopFacts = {
    clock: target.clock,
    hasDiff: target.state.metrics.files_changed > 0,
    redTeam: redTeam.enabled,
    dissent,
  };
  const { loop, step } = nextStep(target.loop, event, facts);
  target.set(loop);
  for (const note of loop.notes) if (!run.state.warnings.includes(note)) run.warn(note);
  return step;
}
