import { describe, expect, test } from '@jest/globals';
import {
  crossModelResult,
  decideCrossModel,
  scoreClass,
  scorePairs,
  scoresIn,
} from '../../../src/domain/gated/cross-model.ts';
import { decideReview, type Triage, triage } from '../../../src/domain/gated/pr-review.ts';

describe("the second model's review", () => {
  test.each([
    [701, 701, 'HIGH_CONSENSUS'],
    [1000, 701, 'HIGH_CONSENSUS'],
    [700, 701, 'BLOCKER'],
    [100, 900, 'BLOCKER'],
    [null, 701, 'BLOCKER'],
    [900, 599, 'DISPUTED'],
    [0, 301, 'DISPUTED'],
    [900, 600, 'MEDIUM'],
    [700, 700, 'MEDIUM'],
    [399, 399, 'LOW_VALUE'],
    [400, 399, 'MEDIUM'],
    [0, 0, 'LOW_VALUE'],
    [900, null, 'MEDIUM'],
    [null, 100, 'MEDIUM'],
    [null, null, 'MEDIUM'],
  ] as const)('first %s, second %s: %s', (first, second, expected) => {
    expect(scoreClass({ first, second })).toBe(expected);
  });

  const pair = (first: number | null, second: number | null) => ({ id: 'x', title: 'about x', first, second });

  test('one blocker blocks, and so do more than five disputed findings', () => {
    const disputed = Array.from({ length: 5 }, () => pair(900, 100));
    expect(crossModelResult(disputed)).toMatchObject({ outcome: 'ok', disputed: 5 });
    expect(crossModelResult([...disputed, pair(900, 100)])).toMatchObject({ outcome: 'blocker', disputed: 6 });
    expect(crossModelResult([pair(800, 800), pair(100, 100), pair(null, 900)])).toEqual({
      outcome: 'blocker',
      high_consensus: 1,
      disputed: 0,
      blockers: 1,
      low_value: 1,
      findings: [
        { title: 'about x', score_class: 'BLOCKER', first: null, second: 900 },
        { title: 'about x', score_class: 'HIGH_CONSENSUS', first: 800, second: 800 },
      ],
    });
    expect(crossModelResult(Array.from({ length: 50 }, () => pair(900, 100))).findings).toHaveLength(20);
  });

  test('findings of both are joined by id', () => {
    const first = [{ id: 'a', title: 'A', score: 100 }];
    const second = [
      { id: 'a', title: '', score: 900 },
      { id: 'b', title: 'B', score: 5 },
    ];
    expect(scorePairs(first, second)).toEqual([
      { id: 'a', title: 'A', first: 100, second: 900 },
      { id: 'b', title: 'B', first: null, second: 5 },
    ]);
  });

  test('C86 each outcome has its end, and none that did not run is a completion', () => {
    const step = decideCrossModel;
    expect(step('config_error', 'autonomous')).toEqual({ next: 'halt', reason: 'cross_model_config_error' });
    expect(step('config_error', 'interactive')).toEqual({ next: 'halt', reason: 'cross_model_config_error' });
    expect(step('blocker', 'autonomous')).toEqual({ next: 'halt', reason: 'cross_model_blocker' });
    expect(step('blocker', 'interactive')).toMatchObject({
      next: 'completed',
      note: expect.stringContaining('blocker'),
    });
    expect(step('timeout', 'autonomous')).toEqual({ next: 'skipped', note: 'timeout' });
    expect(step('error', 'autonomous')).toEqual({ next: 'skipped', note: 'error' });
    expect(step('ok', 'autonomous')).toEqual({ next: 'completed', note: null });
  });

  test('an answer is read whole or not at all', () => {
    expect(scoresIn('```json\n{"findings":[{"id":1,"title":"A","score":710}]}\n```')).toEqual([
      { id: '1', title: 'A', score: 710 },
    ]);
    expect(scoresIn('{"findings":[]}')).toEqual([]);
    for (const text of ['', '[]', '{}', '{"findings":[null]}', '{"findings":[{"id":"a","score":1001}]}']) {
      expect(scoresIn(text)).toBeNull();
    }
  });
});

describe('the review of the pull request', () => {
  const answer = (...severities: readonly string[]) =>
    JSON.stringify({
      findings: severities.map((severity) => ({ severity, title: `a ${severity} one`, file: 'a.ts' })),
    });
  const on = { autoTriage: true, seen: {} };
  const triaged = (answers: readonly string[], given = on) => triage(answers, given)!;
  const actionsOf = ({ records }: Triage) => records.map(({ severity, action }) => `${severity} ${action}`);

  test('C88 each severity has its action, and each record its reasoning', () => {
    const text = answer(
      'CRITICAL',
      'blocker',
      'HIGH',
      'high consensus',
      'MEDIUM',
      'Low',
      'DISPUTED',
      'PRAISE',
      'REFRAME',
      'odd',
    );
    const result = triaged([text]);
    expect(result).toMatchObject({ convergence: 'KEEP_ITERATING', code: 0 });
    expect(actionsOf(result)).toEqual([
      'CRITICAL dispatch_bug',
      'BLOCKER dispatch_bug',
      'HIGH log_only',
      'HIGH_CONSENSUS log_only',
      'MEDIUM log_only',
      'LOW log_only',
      'DISPUTED log_only',
      'PRAISE note',
      'REFRAME defer',
      'ODD defer',
    ]);
    expect(result.records.every(({ reasoning }) => reasoning.length > 10)).toBe(true);
  });

  test('C88 with auto triage off, what is critical is deferred and says why', () => {
    const result = triaged([answer('CRITICAL', 'BLOCKER', 'HIGH')], { autoTriage: false, seen: {} });
    expect(actionsOf(result)).toEqual(['CRITICAL defer', 'BLOCKER defer', 'HIGH log_only']);
    expect(result.records[0]!.reasoning).toContain('auto_triage is off');
  });

  test("the reviewer's own reason is kept", () => {
    const text = '[{"severity":"HIGH","title":"x","reasoning":"leaks a handle"}]';
    expect(triaged([text]).records[0]!.reasoning).toMatch(/^HIGH: .*; leaks a handle$/);
  });

  test('C89 one corrupt answer is DEGRADED, and the CRITICAL of the other is queued all the same', () => {
    const result = triaged(['{"findings":[', answer('CRITICAL')]);
    expect(result).toMatchObject({ convergence: 'DEGRADED', code: 3, records: [{ action: 'dispatch_bug' }] });
  });

  test.each(['{"findings":{}}', '[null]', '{}', 'null', '', 'all fine', '[{}]', '[{"severity":7}]', '"x"', '[["a"]]'])(
    'C89 %j is DEGRADED',
    (text) => expect(triaged([text])).toMatchObject({ convergence: 'DEGRADED', code: 3, records: [] }),
  );

  test('a severity that is the name of something else is only odd', () => {
    expect(actionsOf(triaged([answer('constructor', '__proto__')]))).toEqual(['CONSTRUCTOR defer', '__PROTO__ defer']);
  });

  test('nothing new ends it: nothing at all, praise, or what was seen before', () => {
    expect(triaged(['{"findings":[]}'])).toMatchObject({ convergence: 'NOTHING_NEW', code: 0 });
    expect(triaged([answer('PRAISE')])).toMatchObject({ convergence: 'NOTHING_NEW', records: [{ action: 'note' }] });
    const first = decideReview({ rounds: 0, seen: {} }, triaged([answer('CRITICAL')]));
    expect(first.next).toBe('again');
    const second = triaged([answer('CRITICAL')], { autoTriage: true, seen: first.rounds.seen });
    expect(second).toMatchObject({ convergence: 'NOTHING_NEW', records: [] });
    expect(decideReview(first.rounds, second)).toMatchObject({ next: 'completed', note: null });
  });

  test('without an answer it fails', () => {
    expect(triage([], on)).toBeNull();
    expect(decideReview({ rounds: 0, seen: {} }, null)).toMatchObject({
      next: 'halt',
      reason: 'pr_review_no_findings',
    });
  });

  test('it ends after five rounds: visibly where there was still something new, not at all where it was degraded', () => {
    const last = { rounds: 4, seen: {} };
    expect(decideReview({ rounds: 3, seen: {} }, triaged(['']))).toMatchObject({ next: 'again' });
    expect(decideReview(last, triaged(['']))).toMatchObject({ next: 'halt', reason: 'pr_review_failed' });
    expect(decideReview(last, triaged([answer('HIGH')]))).toMatchObject({
      next: 'completed',
      note: 'still new findings after 5 rounds',
    });
  });
});
