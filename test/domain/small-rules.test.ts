import { describe, expect, test } from '@jest/globals';
import { duration } from '../../src/domain/duration.ts';
import { inOrder } from '../../src/domain/issue.ts';
import { providerOf } from '../../src/domain/models.ts';
import { chooseSprint, sprintTitled } from '../../src/domain/sprint.ts';

test.each([
  ['opus', 'claude'],
  ['sonnet', 'claude'],
  ['haiku', 'claude'],
  ['opusplan', 'claude'],
  ['sonnet[1m]', 'claude'],
  ['claude-opus-4-5', 'claude'],
  ['Claude-3', 'claude'],
  ['gpt-5', 'codex'],
  ['gpt-5.1-codex-max', 'codex'],
  ['codex-mini-latest', 'codex'],
  ['my-own-model', 'command'],
  ['opusculum', 'command'],
  [null, 'command'],
] as const)('the model %s is run by %s', (model, provider) => {
  expect(providerOf(model, 'command')).toBe(provider);
});

test.each([
  [0, '0s'],
  [-5, '0s'],
  [499, '0s'],
  [1500, '2s'],
  [59_999, '1m'],
  [125_000, '2m 5s'],
  [3_600_000, '1h'],
  [3_725_000, '1h 2m'],
  [3_605_000, '1h'],
  [90_061_000, '1d 1h'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('120 issues come in the order of their labels, then of their numbers, and none is lost', () => {
  const issues = Array.from({ length: 120 }, (_, index) => {
    const number = 120 - index;
    return { number, labels: number % 3 === 0 ? [`order:${200 - number}`] : number % 3 === 1 ? ['type:bug'] : [] };
  });
  const numbers = inOrder(issues).map((issue) => issue.number);
  const labelled = Array.from({ length: 40 }, (_, index) => 120 - 3 * index);
  const others = Array.from({ length: 120 }, (_, index) => index + 1).filter((number) => number % 3 !== 0);
  expect(numbers).toEqual([...labelled, ...others]);
});

describe('choosing a sprint', () => {
  const sprint = (number: number, title: string, state: 'open' | 'closed' = 'open') => ({
    number,
    title,
    state,
    openIssues: 1,
  });

  test('takes the title without regard to case', () => {
    expect(chooseSprint([sprint(1, 'Sprint 1'), sprint(2, 'Sprint 2')], ' sprint 2 ').number).toBe(2);
  });

  test('prefers an open sprint to a closed one of the same title', () => {
    expect(sprintTitled([sprint(1, 'A', 'closed'), sprint(2, 'a')], 'A')?.number).toBe(2);
  });

  test('takes the only open one where none is asked for', () => {
    expect(chooseSprint([sprint(1, 'Old', 'closed'), sprint(2, 'New')], null).number).toBe(2);
  });

  test.each([
    [[sprint(1, 'A'), sprint(2, 'B')], null, 'there are 2 open sprints: "A", "B"'],
    [[], null, 'there is no open sprint'],
    [[sprint(1, 'A')], 'C\n', 'there is no sprint "C"; open are "A"'],
    [[sprint(1, 'A', 'closed')], 'a', 'the sprint "A" is closed; no sprint is open'],
  ] as const)('of %j for %j is refused with words', (sprints, title, message) => {
    expect(() => chooseSprint(sprints, title)).toThrow(message);
  });
});
