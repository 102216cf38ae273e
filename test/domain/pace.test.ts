import { describe, expect, test } from '@jest/globals';
import { graceMs, isRemembering, type Pace, takePlace, weightOf } from '../../src/domain/pace.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const forEver = Number.POSITIVE_INFINITY;

const comment = weightOf('POST', '/repos/acme/shop/issues/1/comments');
const label = weightOf('POST', '/repos/acme/shop/issues/1/labels');
const read = weightOf('GET', '/repos/acme/shop/issues/1');

/** An account, and requests that come to it; each is told in seconds when it may go. */
function account() {
  let pace: Pace = [];
  let count = 0;
  const ask = (weight: typeof read, now: number, given: { patience?: number; key?: string } = {}) => {
    count += 1;
    const { patience = forEver, key = `request ${count}` } = given;
    const answer = takePlace(pace, { ...weight, key }, now * second, patience * second);
    pace = answer.pace;
    return answer;
  };
  return {
    at: (...given: Parameters<typeof ask>) => ask(...given).at / second,
    limit: (...given: Parameters<typeof ask>) => ask(...given).limit,
    times: (many: number, ...given: Parameters<typeof ask>) =>
      Array.from({ length: many }, () => ask(...given).at / second),
    remembers: (now: number) => isRemembering(pace, now * second),
  };
}

describe('what a request weighs', () => {
  test.each([
    ['POST', '/repos/acme/shop/issues', true, 5],
    ['POST', '/repos/acme/shop/issues/7/comments', true, 5],
    ['POST', '/repos/acme/shop/pulls', true, 5],
    ['POST', '/api/v3/repos/acme/shop/pulls', true, 5],
    ['POST', '/repos/acme/shop/issues/7/labels', false, 5],
    ['POST', '/repos/acme/shop/labels', false, 5],
    ['DELETE', '/repos/acme/shop/issues/7/labels/a', false, 5],
    ['PATCH', '/repos/acme/shop/issues/comments/7', false, 5],
    ['GET', '/repos/acme/shop/issues', false, 1],
    ['HEAD', '/repos/acme/shop', false, 1],
  ])('%s %s', (method, path, content, points) => {
    expect(weightOf(method, path)).toEqual({ content, points });
  });
});

describe('GitHub’s limits', () => {
  test('80 comments go at once, the next 80 a minute later, each window counted 10 s longer', () => {
    const { times } = account();
    expect(new Set(times(80, comment, 0))).toEqual(new Set([0]));
    expect(new Set(times(80, comment, 1))).toEqual(new Set([70]));
    expect(times(1, comment, 2)).toEqual([140]);
  });

  test('a minute slides: each comment makes room for one when its own minute is over', () => {
    const { at, times } = account();
    times(40, comment, 0);
    times(40, comment, 30);
    expect(at(comment, 69)).toBe(70);
    expect(at(comment, 70)).toBe(70);
    times(38, comment, 75);
    expect(at(comment, 75)).toBe(100);
  });

  test('500 comments an hour, and it says which limit is waited for', () => {
    const { at, limit, times } = account();
    for (let round = 0; round < 5; round += 1) times(100, comment, round * 200);
    expect(at(comment, 1200)).toBe(3610);
    expect(limit(comment, 1200)).toBe('500 new comments, issues and pull requests an hour');
    const another = account();
    another.times(80, comment, 0);
    expect(another.limit(comment, 0)).toBe('80 new comments, issues and pull requests a minute');
  });

  test('no minute holds more than 80 and no hour more than 500, however late each is sent within its grace', () => {
    const { times } = account();
    const places = times(1200, comment, 0);
    for (const late of [0, graceMs]) {
      // The worst case of lateness: those of the first window late, those of the next on time.
      const sent = places.map((at, index) => at * second + (Math.floor(index / 80) % 2 === 0 ? late : 0));
      const most = (ms: number) =>
        Math.max(...sent.map((from) => sent.filter((at) => at >= from && at < from + ms).length));
      expect(most(minute)).toBeLessThanOrEqual(80);
      expect(most(hour)).toBeLessThanOrEqual(500);
    }
  });

  test('900 points a minute: 180 labels, or 900 reads', () => {
    const writing = account();
    expect(new Set(writing.times(180, label, 0))).toEqual(new Set([0]));
    expect(writing.limit(label, 0)).toMatch(/^900 points a minute/);
    expect(writing.at(label, 0)).toBe(70);
    const reading = account();
    expect(new Set(reading.times(900, read, 0))).toEqual(new Set([0]));
    expect(reading.at(read, 0)).toBe(70);
  });

  test('reads and labels do not wait for comments, even where hundreds of them wait for hours', () => {
    const { at, times } = account();
    times(1500, comment, 0);
    expect(at(read, 1)).toBe(1);
    expect(at(label, 1)).toBe(1);
  });
});

describe('who waits', () => {
  test('gets places in the order of asking', () => {
    const { times } = account();
    const places = times(600, comment, 0);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('and was told to come back finds its place kept, not given to who comes at that moment', () => {
    const { at, times } = account();
    times(80, comment, 0);
    const told = times(80, comment, 0, { patience: 20 });
    expect(new Set(told)).toEqual(new Set([70]));
    expect(at(comment, 1, { patience: 20, key: 'mine' })).toBe(140);
    expect(new Set(times(79, comment, 1, { patience: 20 }))).toEqual(new Set([140]));
    expect(at(comment, 60, { patience: 20, key: 'another' })).toBe(210);
    expect(at(comment, 60, { patience: 20, key: 'mine' })).toBe(140);
    expect(at(comment, 141, { patience: 20, key: 'mine' })).toBe(141);
  });

  test('and does not come loses its place 10 s after its time, to whoever is there', () => {
    const { at, times } = account();
    times(80, comment, 0);
    times(80, comment, 0, { patience: 20 });
    expect(at(comment, 80, { patience: 0 })).toBe(140);
    expect(at(comment, 80.001)).toBe(80.001);
  });

  test('and has come counts from then on, for an hour', () => {
    const { at, times, remembers } = account();
    times(80, comment, 0);
    at(comment, 0, { patience: 20, key: 'mine' });
    at(comment, 72, { patience: 20, key: 'mine' });
    expect(remembers(70 + 3610 - 1)).toBe(true);
    expect(remembers(70 + 3610)).toBe(false);
  });
});
