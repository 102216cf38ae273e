import type { CrossModelReview } from '../../domain/gated/body-parts.ts';
import {
  type CrossModelOutcome,
  crossModelResult,
  decideCrossModel,
  type ScoredFinding,
  scorePairs,
  scoresIn,
} from '../../domain/gated/cross-model.ts';
import type { RoleAgent } from '../../domain/gated/settings.ts';
import { anotherModel } from '../gated/dissent.ts';
import { agentOf, callRole } from '../gated/role.ts';
import { haltPoint, type PhaseEnd, type PostPrBench } from './step.ts';

/** What one model has said; `refused`: a guardrail keeps it from being asked, or it has changed what it was to look at. */
type Scores =
  | { readonly found: readonly ScoredFinding[] }
  | { readonly outcome: 'timeout' | 'error' }
  | { readonly refused: string };

/** Two models score what is wrong with the pull request, the second one what the first has found as well. */
export async function crossModelPhase(bench: PostPrBench): Promise<PhaseEnd> {
  const { target } = bench;
  target.enter('CROSS_MODEL_REVIEW');
  const other = anotherModel(bench);
  if (other === null) {
    const why = 'no role works with another model than the reviewer; set one under `roles`';
    return endOf(bench, 'config_error', why);
  }
  const first = await scores(bench, agentOf(bench, 'reviewer'), []);
  if (!('found' in first)) return unscored(bench, first, 'the first model');
  // Ids of its own: the second model numbers what it adds.
  const known = first.found.map((finding, index) => ({ ...finding, id: `F${index + 1}` }));
  target.begin('cross_model_review');
  const second = await scores(bench, other, known);
  if (!('found' in second)) return unscored(bench, second, 'the second model');
  const { outcome, ...counts } = crossModelResult(scorePairs(known, second.found));
  const model = `${other.provider} ${other.model ?? 'default'}`;
  const review: CrossModelReview = { target: target.state.target, model, outcome, ...counts };
  target.tell({ reviews: [review] });
  return endOf(bench, outcome, `${counts.blockers} blockers, ${counts.disputed} disputed`);
}

async function scores(bench: PostPrBench, agent: RoleAgent, known: readonly ScoredFinding[]): Promise<Scores> {
  await haltPoint(bench);
  bench.target.nextCycle();
  const titles = known.map(({ id, title }) => ({ id, title }));
  const end = await callRole(bench, 'reviewer', { kind: 'score', known: titles }, { agent, artifact: 'cross-model' });
  if (end.outcome === 'refused') return { refused: `was refused: ${end.reason}` };
  if (end.outcome === 'tampered') return { refused: `is not believed: ${end.detail}` };
  if (end.outcome === 'time_up') return { outcome: 'timeout' };
  const found = end.outcome === 'answered' ? scoresIn(end.answer) : null;
  return found === null ? { outcome: 'error' } : { found };
}

/** A role that was refused is never skipped. */
function unscored(bench: PostPrBench, scores: Exclude<Scores, { readonly found: unknown }>, who: string): PhaseEnd {
  if ('refused' in scores) return endOf(bench, 'config_error', `${who} ${scores.refused}`);
  return endOf(bench, scores.outcome, who);
}

function endOf({ target }: PostPrBench, outcome: CrossModelOutcome, detail: string): PhaseEnd {
  const step = decideCrossModel(outcome, target.input.mode);
  if (step.next === 'halt') return { halt: step.reason, detail };
  return { status: step.next, note: step.note };
}
