import { describe, expect, test } from '@jest/globals';
import { costOf, priceOf } from '../../src/domain/prices.ts';

const mine = { inputUsd: 7, cachedInputUsd: 0, outputUsd: 9 };

describe('the price of a model', () => {
  test.each([
    ['claude-opus-4-8', 5, 25],
    ['claude-opus-4-20250514', 15, 75],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 3, 15],
    ['claude-haiku-4-5@20251001', 1, 5],
    ['gpt-5', 1.25, 10],
    ['gpt-5-codex', 1.25, 10],
    ['gpt-5.3-codex', 1.75, 14],
    ['gpt-5.4-mini', 0.75, 4.5],
    ['gpt-5.5', 5, 30],
  ])('%s', (model, inputUsd, outputUsd) => {
    expect(priceOf(model, {})).toMatchObject({ inputUsd, outputUsd });
  });

  test.each(['gpt-9', 'my-own', 'claude-next-1', 'toString', null])('%s, which nobody knows, is dear', (model) => {
    expect(priceOf(model, {})).toEqual({ inputUsd: 10, cachedInputUsd: 1, outputUsd: 50 });
  });

  test('is what the config says, by name or the longest beginning of it', () => {
    const prices = { 'gpt-*': { ...mine, inputUsd: 1 }, 'gpt-5*': { ...mine, inputUsd: 2 }, 'gpt-5': mine };
    expect(['gpt-5', 'gpt-5.9', 'gpt-7'].map((model) => priceOf(model, prices).inputUsd)).toEqual([7, 2, 1]);
    expect(priceOf(null, { '*': mine })).toEqual(mine);
  });
});

test('a cost counts what is new, cached, written to the cache, and the output', () => {
  const million = { input: 1e6, cachedInput: 1e6, cacheWrite: 1e6, output: 1e6 };
  const price = { inputUsd: 4, cachedInputUsd: 1, outputUsd: 20 };
  expect(costOf(million, price)).toBe(4 + 1 + 5 + 20);
});
