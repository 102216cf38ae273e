import { describe, expect, test } from '@jest/globals';
import {
  type Account,
  emptyAccount,
  isRemembering,
  lifted,
  limited,
  release,
  reserve,
  waitingRuns,
} from '../../src/domain/permits.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = 1_000 * hour;

/** Asks for an attempt each; answers when they may start, in minutes from now. */
function asked(account: Account, ids: readonly string[], perHour: number, at = now) {
  const starts: number[] = [];
  let current = account;
  for (const attemptId of ids) {
    const reserved = reserve(current, { attemptId, runId: `run ${attemptId}`, perHour }, at);
    current = reserved.account;
    starts.push((reserved.at - now) / minute);
  }
  return { account: current, starts };
}

const met = (runId: string, until: number | null) => ({ runId, until });

describe('the permits of an account', () => {
  test('are free up to the limit of an hour, and then come when the hour of an earlier one is over', () => {
    expect(asked(emptyAccount, ['a', 'b', 'c', 'd', 'e'], 2).starts).toEqual([0, 0, 60, 60, 120]);
  });

  test('are the same for the same attempt', () => {
    expect(asked(emptyAccount, ['a', 'b', 'b', 'b', 'c'], 2).starts).toEqual([0, 0, 0, 0, 60]);
  });

  test('of an account without a pace to keep are not remembered without end, and those of another run still keep theirs', () => {
    const ids = Array.from({ length: 4300 }, (_, at) => `start ${at}`);
    const { account, starts } = asked(emptyAccount, ids, 1_000_000);
    expect([new Set(starts), account.permits.length <= 4001]).toEqual([new Set([0]), true]);
    expect(asked(account, ['slow'], 100).starts).toEqual([60]);
  });

  test('that are given back are free for others', () => {
    const { account } = asked(emptyAccount, ['a', 'b'], 1);
    expect(asked(release(account, 'b', now), ['c'], 1).starts).toEqual([60]);
  });
});

describe('a usage limit', () => {
  test('lets nobody start before it is over, then at the pace of the account', () => {
    const account = limited(emptyAccount, met('r', now + 30 * minute), now);
    const { starts } = asked(account, ['a', 'b', 'c'], 2);
    // 10 s later: the clocks of two machines differ.
    expect(starts.map(Math.floor)).toEqual([30, 30, 90]);
    expect((starts[0] ?? 0) * minute).toBe(30 * minute + 10_000);
  });

  test('moves what is reserved behind it, in its order, and leaves what has started', () => {
    const { account } = asked(emptyAccount, ['started', 'next', 'last'], 1);
    const held = limited(account, met('r', now + 90 * minute), now);
    expect(held.permits.map(({ attemptId, at }) => [attemptId, Math.floor((at - now) / minute)])).toEqual([
      ['started', 0],
      ['next', 90],
      ['last', 150],
    ]);
  });

  test('whose end is not told lasts 5 minutes, twice as long each time it is met again, and an hour at most', () => {
    let account = emptyAccount;
    let at = now;
    const waits: number[] = [];
    for (let times = 0; times < 6; times += 1) {
      account = limited(account, met('r', null), at);
      const until = account.limit?.until ?? 0;
      waits.push((until - at) / minute);
      at = until + minute;
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
    const later = limited(account, met('r', null), at + 3 * hour);
    expect(((later.limit?.until ?? 0) - at - 3 * hour) / minute).toBe(5);
  });

  test('that several agents meet at once is one: it does not grow, and the latest end that is told holds', () => {
    const once = limited(emptyAccount, met('r', null), now);
    const twice = limited(once, met('s', null), now + 1000);
    expect(twice.limit).toEqual({ ...once.limit, runs: ['r', 's'] });
    const told = limited(twice, met('t', now + hour), now + 2000);
    expect(told.limit?.until).toBe(now + hour + 10_000);
    expect(limited(told, met('u', now + minute), now + 3000).limit?.until).toBe(now + hour + 10_000);
  });

  test('with an end that has passed is waited for a moment only', () => {
    expect(limited(emptyAccount, met('r', now - hour), now).limit?.until).toBe(now + 10_000);
  });

  test('that a person lifts holds nobody: those who met it and those who have reserved are woken', () => {
    const { account } = asked(limited(emptyAccount, met('r', now + hour), now), ['a', 'b'], 100);
    expect(waitingRuns(account, now).sort()).toEqual(['r', 'run a', 'run b']);
    const free = lifted(account, now);
    expect(free.permits.map(({ at }) => at)).toEqual([now, now]);
    expect(waitingRuns(free, now)).toEqual([]);
  });
});

test('there is something to remember for an hour after a start, and while a limit holds', () => {
  const { account } = asked(emptyAccount, ['a'], 1);
  expect(isRemembering(account, now + hour - 1)).toBe(true);
  expect(isRemembering(account, now + hour)).toBe(false);
  const held = limited(emptyAccount, met('r', now + 5 * hour), now);
  expect(isRemembering(held, now + 4 * hour)).toBe(true);
  expect(isRemembering(held, now + 6 * hour)).toBe(false);
});
