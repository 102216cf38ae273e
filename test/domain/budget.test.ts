import { describe, expect, test } from '@jest/globals';
import { allowanceOf, type BudgetState, spentSentence, withReservation } from '../../src/domain/budget.ts';

const none: BudgetState = { taskUsd: null, runUsd: null, reserved: [] };
const costs = (...usd: number[]) => usd.map((costUsd, index) => ({ issue: index + 1, costUsd }));

describe('what an attempt may spend', () => {
  test.each<[string, Partial<BudgetState>, number[], number, unknown]>([
    ['no limit', {}, [50], 1, { kind: 'granted', usd: null }],
    ['what its task has left', { taskUsd: 2 }, [0.5], 1, { kind: 'granted', usd: 1.5 }],
    ['nothing, when its task has spent all', { taskUsd: 2 }, [2], 1, spent('task', 2, 2)],
    ['nothing, when less than a cent is left', { taskUsd: 2 }, [1.995], 1, spent('task', 2, 1.995)],
    ['what the run has left', { runUsd: 5 }, [1, 2], 1, { kind: 'granted', usd: 2 }],
    ['its share of it, where others may work too', { runUsd: 6 }, [0, 0], 2, { kind: 'granted', usd: 3 }],
    ['the smaller of both', { taskUsd: 1, runUsd: 6 }, [0, 0], 2, { kind: 'granted', usd: 1 }],
    [
      'its share of what others have not reserved',
      { runUsd: 9, reserved: [{ issue: 2, usd: 3 }] },
      [1, 0, 0],
      3,
      { kind: 'granted', usd: 2.5 },
    ],
    [
      'nothing yet, while others have reserved all',
      { runUsd: 3, reserved: [{ issue: 2, usd: 3 }] },
      [0, 0],
      2,
      { kind: 'wait' },
    ],
    [
      'what it had reserved itself',
      { runUsd: 3, reserved: [{ issue: 1, usd: 3 }] },
      [0, 0],
      1,
      { kind: 'granted', usd: 3 },
    ],
    ['nothing, when the run has spent all', { runUsd: 3 }, [2, 1.2], 2, spent('run', 3, 3.2)],
  ])('is %s', (_what, budget, spentSoFar, lanes, expected) => {
    expect(allowanceOf({ ...none, ...budget }, { issue: 1, costs: costs(...spentSoFar), lanes })).toEqual(expected);
  });

  test('all shares together never exceed what is left', () => {
    let budget: BudgetState = { taskUsd: null, runUsd: 10, reserved: [] };
    for (const issue of [1, 2, 3]) {
      const allowance = allowanceOf(budget, { issue, costs: costs(1, 0, 0), lanes: 3 });
      budget = withReservation(budget, issue, allowance.kind === 'granted' ? (allowance.usd ?? 0) : 0);
    }
    expect(budget.reserved.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(9);
  });
});

test('the overshoot is stated', () => {
  expect(spentSentence(spent('run', 5, 5.12))).toBe("the run's budget of $5.00 is spent: $5.12, $0.12 over");
  expect(spentSentence(spent('task', 5, 5.001))).toBe("the task's budget of $5.00 is spent: $5.00");
});

function spent(of: 'task' | 'run', limitUsd: number, spentUsd: number) {
  return { kind: 'spent', of, limitUsd, spentUsd } as const;
}
