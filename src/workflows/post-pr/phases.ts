import { nextPhase, postPrNotes } from '../../domain/gated/post-pr.ts';
import { lateHalts, type PostPrHalt, type PostPrPhase } from '../../domain/gated/post-pr-state.ts';
import { failureOf } from '../activities.ts';
import { opened } from '../gated/open.ts';
import { isKnown } from '../gated/role.ts';
import { TimeUp } from '../gated/step.ts';
import { PhaseCut } from '../run.ts';
import { HostMoved } from '../tools.ts';
import { auditPhase } from './audit.ts';
import { crossModelPhase } from './cross-model.ts';
import { e2ePhase } from './e2e.ts';
import { shown } from './fix.ts';
import { reviewPhase } from './review.ts';
import { haltPoint, inTime, type PhaseEnd, type PostPrBench } from './step.ts';

/** A fleet that loses one after the other needs a person. */
const mostHosts = 5;

/** Runs phase after phase, from the first that is not settled, until all are or one halts the validation. */
export async function runPhases(bench: PostPrBench): Promise<void> {
  const { run, target } = bench;
  try {
    for (let phase = nextPhase(target.post); phase !== null; phase = nextPhase(target.post)) {
      const end = await carriedOut(bench, phase);
      if ('halt' in end) return target.halt(end.halt, end.detail, end.late);
      target.settle(phase, end.status, end.note);
    }
    await haltPoint(bench);
    target.enter('READY_FOR_HITL');
    for (const note of postPrNotes(target.post)) run.warn(note);
  } catch (error) {
    if (!(error instanceof PhaseCut)) throw error;
    target.halt('user_interrupt', error.message);
  }
}

const phases: Readonly<Record<PostPrPhase, (bench: PostPrBench) => Promise<PhaseEnd>>> = {
  post_pr_audit: auditPhase,
  context_clear: clearContext,
  e2e_testing: e2ePhase,
  cross_model_review: crossModelPhase,
  pr_review: reviewPhase,
};

/** What a step that fails for good leads to; the second model's review can be done without. */
const errors: Readonly<Record<PostPrPhase, PostPrHalt | null>> = {
  post_pr_audit: 'audit_error',
  context_clear: 'e2e_error',
  e2e_testing: 'e2e_error',
  cross_model_review: null,
  pr_review: 'pr_review_failed',
};

/** The workspace is made ready in the longest of all times: a phase begins when that is done. */
const longest: PostPrPhase = 'e2e_testing';

async function carriedOut(bench: PostPrBench, phase: PostPrPhase): Promise<PhaseEnd> {
  const { run, target } = bench;
  for (;;) {
    try {
      await haltPoint(bench);
      target.begin(longest);
      await opened(bench);
      await shown(bench);
      return await phases[phase](bench);
    } catch (error) {
      const isLost = error instanceof HostMoved;
      const isLate = error instanceof TimeUp;
      if (!isLost && !isLate && !isKnown(error)) throw error;
      // The phase begins again on another host, with what has been pushed.
      if (isLost && target.hostLost() < mostHosts) {
        run.update(target.issue, { commit: target.shows });
        target.workLost = false;
        continue;
      }
      const { message } = failureOf(error);
      const isUnpushed = target.tip !== target.shows;
      const halt = (isLate ? lateHalts : errors)[phase] ?? (isUnpushed ? 'cross_model_config_error' : null);
      if (halt !== null) return { halt, detail: message, ...(isLate ? { late: true } : {}) };
      return { status: 'skipped', note: `${isLate ? 'timeout' : 'error'}: ${message}` };
    }
  }
}

/** A checkpoint: what comes after it begins without what agents have said before. */
async function clearContext(bench: PostPrBench): Promise<PhaseEnd> {
  const { run, target } = bench;
  await haltPoint(bench);
  target.enter('CONTEXT_CLEAR');
  const { id } = target.input;
  const { post_pr_id, timestamps } = target.post;
  const record = {
    type: 'context_clear',
    timestamp: timestamps.last_activity,
    role: 'post-pr',
    run: id,
    action: 'PROCEED',
    text: `${post_pr_id}: agents from here on start in fresh sessions`,
  } as const;
  const request = { id, records: [record], artifact: null };
  const told = await inTime(bench, 'checkpoint', ({ host }, summary) =>
    host.keepRecords.executeWithOptions({ summary }, [run.context, request]),
  );
  const detail = 'the checkpoint could not be written in its time';
  if (told === 'time_up') return { halt: 'e2e_error', detail, late: true };
  run.update(target.issue, { session: null });
  return { status: 'completed', note: null };
}
