import { cut, oneLine } from '../text.ts';
import type { CrossModelReview, ModelFinding } from './body-parts.ts';
import { isObject, jsonIn, textOf } from './json-answer.ts';
import type { PostPrHalt } from './post-pr-state.ts';
import type { Mode } from './state.ts';

/** What one model found, and how much it matters, 0 to 1000. */
export interface ScoredFinding {
  readonly id: string;
  readonly title: string;
  readonly score: number;
}

/** One finding with the scores of both models; null where a model gave none. */
export interface ScorePair {
  readonly id: string;
  readonly title: string;
  readonly first: number | null;
  readonly second: number | null;
}

/** MEDIUM: neither agreed, disputed, blocking nor low; it is logged. */
export type ScoreClass = 'HIGH_CONSENSUS' | 'DISPUTED' | 'BLOCKER' | 'LOW_VALUE' | 'MEDIUM';
export type CrossModelOutcome = 'ok' | 'timeout' | 'config_error' | 'blocker' | 'error';

/** `note` is shown with the phase; null: there is nothing to say beside its status. */
export type CrossModelStep =
  | { readonly next: 'completed' | 'skipped'; readonly note: string | null }
  | { readonly next: 'halt'; readonly reason: PostPrHalt };

const high = 700;
const low = 400;
const disputedDelta = 300;
/** More than these in one phase are a blocker. */
const mostDisputed = 5;
const mostTold = 20;
const longestTitle = 200;

/** The findings of a model's answer, `{"findings": [{id, title, score}]}`; null where it cannot be read whole. */
export function scoresIn(answer: string): ScoredFinding[] | null {
  const json = jsonIn(answer);
  if (!isObject(json) || !Array.isArray(json.findings)) return null;
  const found = json.findings.map(scoredFinding);
  return found.every((each) => each !== null) ? found : null;
}

/** Findings of both models, joined by id; those that one of them alone has, too. */
export function scorePairs(first: readonly ScoredFinding[], second: readonly ScoredFinding[]): ScorePair[] {
  const pairs = new Map<string, ScorePair>();
  for (const { id, title, score } of first) pairs.set(id, { id, title, first: score, second: null });
  for (const { id, title, score } of second) {
    const known = pairs.get(id);
    pairs.set(id, { id, title: known?.title || title, first: known?.first ?? null, second: score });
  }
  return [...pairs.values()];
}

/** What the second model alone holds for grave is a blocker, however far apart the scores are. */
export function scoreClass({ first, second }: Pick<ScorePair, 'first' | 'second'>): ScoreClass {
  if (second !== null && second > high) return first !== null && first > high ? 'HIGH_CONSENSUS' : 'BLOCKER';
  if (first === null || second === null) return 'MEDIUM';
  if (Math.abs(first - second) > disputedDelta) return 'DISPUTED';
  return first < low && second < low ? 'LOW_VALUE' : 'MEDIUM';
}

/** The outcome that the scores make, and the counts for a pull request. */
export function crossModelResult(pairs: readonly ScorePair[]): Pick<
  CrossModelReview,
  'high_consensus' | 'disputed' | 'blockers' | 'low_value'
> & {
  readonly outcome: 'ok' | 'blocker';
  readonly findings: readonly ModelFinding[];
} {
  const scored = pairs.map((pair) => ({ ...pair, score_class: scoreClass(pair) }));
  const count = (wanted: ScoreClass) => scored.filter(({ score_class }) => score_class === wanted).length;
  // What blocks comes first: there may be more than are told.
  const told = (['BLOCKER', 'HIGH_CONSENSUS', 'DISPUTED'] as const).flatMap((wanted) =>
    scored.filter(({ score_class }) => score_class === wanted),
  );
  const blockers = count('BLOCKER');
  const disputed = count('DISPUTED');
  return {
    outcome: blockers > 0 || disputed > mostDisputed ? 'blocker' : 'ok',
    high_consensus: count('HIGH_CONSENSUS'),
    disputed,
    blockers,
    low_value: count('LOW_VALUE'),
    findings: told.slice(0, mostTold).map(({ title, score_class, first, second }) => ({
      title: cut(oneLine(title), longestTitle),
      score_class,
      first,
      second,
    })),
  };
}

/** What follows the review. Only its own answer completes it; all else is seen. */
export function decideCrossModel(outcome: CrossModelOutcome, mode: Mode): CrossModelStep {
  switch (outcome) {
    case 'ok':
      return { next: 'completed', note: null };
    case 'blocker':
      if (mode === 'autonomous') return { next: 'halt', reason: 'cross_model_blocker' };
      return { next: 'completed', note: 'the second model reports a blocker: a person must look at it' };
    case 'config_error':
      return { next: 'halt', reason: 'cross_model_config_error' };
    case 'timeout':
    case 'error':
      return { next: 'skipped', note: outcome };
  }
}

function scoredFinding(value: unknown): ScoredFinding | null {
  if (!isObject(value)) return null;
  const id = typeof value.id === 'number' ? String(value.id) : textOf(value.id).trim();
  const score = typeof value.score === 'number' && value.score >= 0 && value.score <= 1000 ? value.score : null;
  return id === '' || score === null ? null : { id, title: textOf(value.title), score };
}
