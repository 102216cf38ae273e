import { describe, expect, test } from '@jest/globals';
import { newRate, type RateState, resumeRate, takeUnit } from '../../../src/domain/gated/rate.ts';

const at = (time: string) => `2026-11-21T${time}.000Z`;

/** Takes the unit at once, or waits for it as the run does; null where the row of waits is too long. */
function take(rate: RateState, now: string): { rate: RateState; now: string } | null {
  let answer = takeUnit(rate, now, false);
  let time = now;
  while (answer.kind === 'wait') {
    time = answer.until;
    answer = takeUnit(answer.rate, time, true);
  }
  return answer.kind === 'go' ? { rate: answer.rate, now: time } : null;
}

describe('phases an hour', () => {
  test('C67 with a limit of 3 the fourth at ten to waits until a minute past', () => {
    let rate = newRate(3, at('22:10:00'));
    for (const now of [at('22:10:00'), at('22:30:00'), at('22:49:59')]) rate = take(rate, now)?.rate ?? rate;
    expect(rate).toMatchObject({ hour_boundary: at('22:00:00'), calls_this_hour: 3, waits: [] });
    const answer = takeUnit(rate, at('22:50:00'), false);
    expect(answer).toMatchObject({ kind: 'wait', until: at('23:01:00'), seconds: 660 });
    expect(answer.rate.waits).toEqual([{ timestamp: at('22:50:00'), wait_seconds: 660 }]);
    const later = takeUnit(answer.rate, at('23:01:00'), true);
    expect(later).toMatchObject({ kind: 'go', rate: { hour_boundary: at('23:00:00'), calls_this_hour: 1 } });
    expect(later.rate.waits).toHaveLength(1);
  });

  test('C68 99 that are used do not count in the next hour', () => {
    const used = { ...newRate(100, at('22:00:00')), calls_this_hour: 99 };
    expect(takeUnit(used, at('22:59:59'), false)).toMatchObject({ kind: 'go', rate: { calls_this_hour: 100 } });
    expect(takeUnit(used, at('23:00:00'), false)).toMatchObject({
      kind: 'go',
      rate: { hour_boundary: at('23:00:00'), calls_this_hour: 1, waits: [] },
    });
  });

  test('are not given back by a clock that is set back', () => {
    const used = { ...newRate(1, at('22:00:00')), calls_this_hour: 1 };
    expect(takeUnit(used, at('21:30:00'), false)).toMatchObject({ kind: 'wait', until: at('23:01:00') });
  });

  test('are counted over midnight', () => {
    const used = { ...newRate(1, '2026-12-31T23:00:00.000Z'), calls_this_hour: 1 };
    const answer = takeUnit(used, '2026-12-31T23:59:59.500Z', false);
    expect(answer).toMatchObject({ until: '2027-01-01T00:01:00.000Z', seconds: 61 });
  });
});

describe('waits in a row', () => {
  test('end the run with the fifth, which is recorded', () => {
    let current = take(newRate(1, at('10:00:00')), at('10:00:00'));
    for (let phase = 2; phase <= 5; phase += 1) current = current && take(current.rate, current.now);
    expect(current?.rate).toMatchObject({ waits_in_a_row: 4, calls_this_hour: 1 });
    const last = takeUnit(current?.rate ?? newRate(1, at('10:00:00')), current?.now ?? '', false);
    expect(last).toMatchObject({ kind: 'trip', fired: { trigger: 'rate_limit' }, rate: { waits_in_a_row: 5 } });
    expect(last.rate.waits).toHaveLength(5);
  });

  test('are ended by a phase that starts at once', () => {
    let current = take(newRate(2, at('10:00:00')), at('10:00:00'));
    for (let phase = 2; phase <= 20; phase += 1) current = current && take(current.rate, current.now);
    expect(current?.rate.waits).toHaveLength(9);
    expect(current?.rate.waits_in_a_row).toBe(0);
  });

  test('of a limit of none end it, and begin anew after a resume', () => {
    expect(take(newRate(0, at('10:00:00')), at('10:00:00'))).toBeNull();
    const tired = { ...newRate(1, at('10:00:00')), calls_this_hour: 1, waits_in_a_row: 5 };
    expect(takeUnit(tired, at('10:05:00'), false).kind).toBe('trip');
    expect(takeUnit(resumeRate(tired), at('10:05:00'), false).kind).toBe('wait');
  });
});
