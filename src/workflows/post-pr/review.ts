import type { CheckpointRecord } from '../../domain/gated/guardrail-log.ts';
import { decideReview, queuedBugs, type Triage, triage } from '../../domain/gated/pr-review.ts';
import { callRole, type RoleEnd } from '../gated/role.ts';
import { haltPoint, inTime, type PhaseEnd, type PostPrBench } from './step.ts';

/** Rounds of a review of the pull request, until one finds nothing new. What is grave is queued for a bug run. */
export async function reviewPhase(bench: PostPrBench): Promise<PhaseEnd> {
  const { target } = bench;
  const autoTriage = target.input.settings.postPr.auto_triage;
  for (;;) {
    await haltPoint(bench);
    target.nextCycle();
    target.enter('PR_REVIEW');
    target.begin('pr_review');
    const { seen } = target.post.rounds.review;
    const known = Object.keys(seen).map((title, index) => ({ id: `K${index + 1}`, title }));
    const end = await callRole(bench, 'reviewer', { kind: 'pull_review', known }, { artifact: 'pr-review' });
    // A role that was refused is never skipped.
    if (end.outcome === 'refused')
      return { halt: 'pr_review_failed', detail: `the reviewer was refused: ${end.reason}` };
    const found = triage(answersOf(end), { autoTriage, seen });
    if (found !== null && (await kept(bench, found)) === 'time_up')
      return { halt: 'pr_review_failed', detail: 'its records could not be kept in time', late: true };
    const step = decideReview(target.post.rounds.review, found);
    target.count('review', step.rounds);
    if (step.next === 'completed') return { status: 'completed', note: step.note };
    if (step.next === 'halt')
      return { halt: step.reason, detail: whyOf(end), ...(end.outcome === 'time_up' ? { late: true } : {}) };
  }
}

function answersOf(end: RoleEnd): string[] {
  return end.outcome === 'answered' ? [end.answer] : [];
}

/** The records are in the run's artifacts, those of bugs also in the state that people see. */
async function kept(bench: PostPrBench, { convergence, code, records }: Triage): Promise<unknown> {
  const { run, target } = bench;
  const { id } = target.input;
  target.tell({ bugs: [...(target.post.bugs ?? []), ...queuedBugs(records)] });
  const timestamp = target.post.timestamps.last_activity;
  const lines = records.map(
    ({ action, reasoning, file, title }): CheckpointRecord => ({
      type: 'triage',
      timestamp,
      role: 'reviewer',
      run: id,
      action: 'PROCEED',
      text: `${action} ${file} ${title}: ${reasoning}`,
    }),
  );
  const text = `${JSON.stringify({ convergence, code, records }, null, 2)}\n`;
  const artifact = { name: `pr-review-${target.loop.cycle}.json`, text };
  const request = { id, records: lines, artifact };
  return inTime(bench, 'records of the review', ({ host }, summary) =>
    host.keepRecords.executeWithOptions({ summary }, [run.context, request]),
  );
}

function whyOf(end: RoleEnd): string {
  if (end.outcome === 'failed') return `the reviewer failed: ${end.detail}`;
  if (end.outcome === 'time_up') return 'the reviewer did not answer in its time';
  if (end.outcome === 'tampered') return 'the reviewer changed the workspace';
  if (end.outcome === 'answered') return 'its answer could not be read';
  return 'the reviewer gave no answer';
}
