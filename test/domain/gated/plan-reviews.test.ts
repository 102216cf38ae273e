import { describe, expect, test } from '@jest/globals';
import { crossModelSection } from '../../../src/domain/gated/body-parts.ts';
import { type PlanReviews, planReviews } from '../../../src/domain/gated/plan-reviews.ts';
import { newPostPr, settled } from '../../../src/domain/gated/post-pr.ts';
import { planState } from './states.ts';

const usual = { provider: 'claude', model: null } as const;
const given: PlanReviews = {
  plan: planState(),
  notes: [],
  settings: { dissent: true, roles: { auditor: { provider: 'codex', model: 'gpt-5' } }, postPr: {} },
  usual,
  postPr: null,
};
const at = '2026-11-21T12:00:00.000Z';
const validating = { ...given.settings, dissent: false, postPr: { enabled: true, cross_model: true } };
const outcomes = (change: Partial<PlanReviews>) =>
  planReviews({ ...given, ...change }).map(({ target, model, outcome }) => [target, model, outcome]);

describe('reviews of a plan by other models', () => {
  test('are none where nobody has asked for any', () => {
    expect(outcomes({ settings: { ...given.settings, dissent: false } })).toEqual([]);
    expect(crossModelSection([], []).lines).toEqual(['none']);
  });

  test('lists under its counts what a person must know of', () => {
    const counts = { high_consensus: 0, disputed: 0, blockers: 1, low_value: 2 };
    const findings = [{ title: 'asks @all', score_class: 'BLOCKER', first: null, second: 900 }];
    const review = { target: 'sprint-plan', model: 'codex default', outcome: 'blocker', ...counts, findings };
    expect(crossModelSection([review], []).lines.slice(-2)).toEqual(['', '- BLOCKER (-, 900): asks @\u200ball']);
  });

  test('say of each sprint that has begun what the second opinion is, or that there is none', () => {
    const notes = [
      { id: 'sprint-1', notes: ['red-team was skipped: x', 'dissent did not run: exit code 12'] },
      { id: 'sprint-2', notes: [] },
    ];
    expect(outcomes({ notes })).toEqual([
      ['sprint-1', 'codex gpt-5', 'did not run: exit code 12'],
      ['sprint-2', 'codex gpt-5', 'has not run yet'],
    ]);
    expect(outcomes({ notes: [{ id: 'sprint-1', notes: [] }] })[0]).toEqual(['sprint-1', 'codex gpt-5', 'approved']);
    expect(outcomes({})[0]?.[2]).toBe('not known: an earlier run completed it');
  });

  test('name the review of the draft also before it has run, and where it was skipped', () => {
    const started = newPostPr(
      { post_pr_id: 'p', pr_url: 'u', branch: 'b', mode: 'autonomous' },
      { cross_model: true },
      at,
    );
    const skipped = settled(started, 'cross_model_review', { status: 'skipped', note: 'timeout' }, at);
    expect(outcomes({ settings: validating })).toEqual([['sprint-plan', 'codex gpt-5', 'has not run yet']]);
    expect(outcomes({ settings: validating, postPr: skipped })[0]?.[2]).toBe('skipped: timeout');
    const review = {
      target: 'sprint-plan',
      model: 'm',
      outcome: 'ok',
      high_consensus: 1,
      disputed: 0,
      blockers: 0,
      low_value: 2,
    };
    expect(planReviews({ ...given, settings: validating, postPr: { ...started, reviews: [review] } })).toEqual([
      review,
    ]);
  });

  test('have no figures where a review counts nothing', () => {
    const { lines } = crossModelSection(planReviews({ ...given, notes: [{ id: 'sprint-1', notes: [] }] }), []);
    expect(lines[0]).toBe('| sprint-1 | codex gpt-5 | approved | - | - | - | - |');
  });
});
