import { expect, test } from '@jest/globals';
import type { RunState } from '../../src/domain/run.ts';
import { memoOf, resumeCommand } from '../../src/domain/run-state.ts';
import { headBytes } from '../../src/domain/text.ts';

test.each([
  ['Chinese', '漢'],
  ['emoji', '😀'],
  ['quotes', '"'],
  ['control characters', '\u0007'],
])('the memo of a run whose texts are long and %s stays under 1 KB', (_name, character) => {
  const text = character.repeat(2000);
  const message = `the tests are red: ${text}`;
  const failed = { issue: 1, status: 'failed', error: { type: 'AgentFailed', message, remedy: text } };
  const working = Array.from({ length: 20 }, (_, index) => ({ issue: 900_000_000 + index, status: 'in_progress' }));
  const state = {
    ...{ type: 'sprint', repoName: text, sprint: text, only: 900_000_000, status: 'running', halt: null },
    ...{ waiting: { reason: text, until: 1_800_000_000_000 }, tasks: [failed, ...working] },
  } as unknown as RunState;
  const memo = memoOf(state);
  expect(Buffer.byteLength(JSON.stringify(memo))).toBeLessThanOrEqual(1024);
  expect(memo.failure).toMatch(/^the tests are red:/);
});

test.each([
  ['漢字', 6, '漢字'],
  ['漢字', 5, '漢'],
  ['a😀', 4, 'a'],
  ['a😀', 5, 'a😀'],
  ['plain', 3, 'pla'],
  ['漢', 0, ''],
])('of %j the first %d bytes are %j', (text, limit, start) => {
  expect(headBytes(text, limit)).toBe(start);
});

test('a gated run is let go on in a way that its breaker does not refuse', () => {
  const of = (more: object) => resumeCommand({ type: 'plan', only: null, tasks: [], ...more } as unknown as RunState);
  expect(of({ gated: { circuit_breaker: { state: 'CLOSED' } } })).toBe('locus resume');
  for (const open of [
    { gated: { circuit_breaker: { state: 'OPEN' } } },
    { plan: { current: { circuit_breaker: { state: 'OPEN' } } } },
    { plan: { current: null, breaker: { state: 'OPEN' } } },
  ])
    expect(of(open)).toBe('locus resume --reset-breaker');
});
