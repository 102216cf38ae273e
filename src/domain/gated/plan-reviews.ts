import type { CrossModelReview } from './body-parts.ts';
import type { PostPrState } from './post-pr-state.ts';
import { type GatedSettings, type RoleAgent, secondModel } from './settings.ts';
import type { PlanState } from './state.ts';

/** Not every review by another model scores what it finds. */
export type ModelReview = Pick<CrossModelReview, 'target' | 'model' | 'outcome'> & Partial<CrossModelReview>;

export interface PlanReviews {
  readonly plan: Pick<PlanState, 'sprints'>;
  /** From gate-note.ts, of each sprint that is known. */
  readonly notes: readonly { readonly id: string; readonly notes: readonly string[] }[];
  readonly settings: Pick<GatedSettings, 'dissent' | 'roles'> & { readonly postPr: Partial<GatedSettings['postPr']> };
  /** Who works as a role of which the settings say nothing. */
  readonly usual: RoleAgent;
  readonly postPr: PostPrState | null;
}

/**
 * What other models have said of a plan: the second opinion on each sprint that has begun, then the validation of its
 * draft. One that was asked for and has not run stands there as well.
 */
export function planReviews({ plan, notes, settings, usual, postPr }: PlanReviews): ModelReview[] {
  const other = secondModel(settings.roles, usual);
  const model = other === null ? '' : `${other.provider} ${other.model ?? 'default'}`;
  const begun = settings.dissent ? plan.sprints.list.filter(({ status }) => status !== 'pending') : [];
  const dissents = begun.map(({ id, status }): ModelReview => {
    const known = notes.find((sprint) => sprint.id === id);
    const said = known?.notes.find((note) => note.startsWith(dissent))?.slice(dissent.length);
    const silent = known ? 'approved' : 'not known: an earlier run completed it';
    return { target: id, model, outcome: said ?? (status === 'completed' ? silent : notYet) };
  });
  const { enabled = false, cross_model = false } = settings.postPr;
  if (!enabled || !cross_model) return dissents;
  if (postPr?.reviews?.length) return [...dissents, ...postPr.reviews];
  return [...dissents, { target: 'sprint-plan', model, outcome: postPr === null ? notYet : standing(postPr) }];
}

const dissent = 'dissent ';
const notYet = 'has not run yet';

/** Of the phase, where there is no review. */
function standing({ phases, notes }: PostPrState): string {
  const status = phases.cross_model_review;
  const why = notes.cross_model_review;
  const what = {
    pending: notYet,
    in_progress: 'is running',
    completed: 'completed',
    skipped: 'skipped',
    failed: 'failed',
  };
  return why === undefined ? what[status] : `${what[status]}: ${why}`;
}
