import { expect, test } from '@jest/globals';
import { mostIssues, requireSize } from '../../src/domain/run-size.ts';

test('a parallel run takes fewer issues the more they have to say to it', () => {
  expect(mostIssues({ runBudgetUsd: null, maxAttempts: 9 })).toBe(4000);
  expect([1, 2, 5].map((maxAttempts) => mostIssues({ runBudgetUsd: 1, maxAttempts }))).toEqual([1500, 1000, 500]);
});

test('one that has too many is refused with words, one that has just as many is not', () => {
  const limits = { runBudgetUsd: 1, maxAttempts: 2 };
  expect(() => requireSize(1000, limits)).not.toThrow();
  expect(() => requireSize(1001, limits)).toThrow(
    'a parallel run takes at most 1000 issues with agent.runBudgetUsd and 2 attempts each, not 1001',
  );
  expect(() => requireSize(1001, { ...limits, runBudgetUsd: null })).not.toThrow();
});
