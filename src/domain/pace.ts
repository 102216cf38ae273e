const minute = 60_000;
const hour = 3_600_000;

/** What GitHub counts a request as. */
export interface Weight {
  /** Makes an issue, a comment or a pull request, so people are told of it. */
  readonly content: boolean;
  readonly points: number;
}

export interface PacedRequest extends Weight {
  /** The same for a request that is sent again. */
  readonly key: string;
}

/** A moment that belongs to a request, past or to come. */
interface Place extends PacedRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Its request was told to come back then, and has not been seen since. */
  readonly promised: boolean;
  /** Words for the limit that it waits for; null where it may go at once. */
  readonly limit: string | null;
}

/** What a governor remembers, in order of time. */
export type Pace = readonly Place[];

export interface PaceAnswer {
  readonly pace: Pace;
  /** Epoch milliseconds from which the request may be sent. */
  readonly at: number;
  readonly limit: string | null;
}

interface Limit {
  readonly words: string;
  readonly most: number;
  readonly windowMs: number;
  costOf(weight: Weight): number;
}

/**
 * GitHub's secondary limits. The points are its limit for one endpoint, here for all of them: nothing of ours comes near
 * it but reading very many issues.
 */
const limits: readonly Limit[] = [
  {
    words: '80 new comments, issues and pull requests a minute',
    most: 80,
    windowMs: minute,
    costOf: ({ content }) => (content ? 1 : 0),
  },
  {
    words: '500 new comments, issues and pull requests an hour',
    most: 500,
    windowMs: hour,
    costOf: ({ content }) => (content ? 1 : 0),
  },
  {
    words: '900 points a minute: 1 for each read, 5 for each write',
    most: 900,
    windowMs: minute,
    costOf: ({ points }) => points,
  },
];

/** How much later than its time a request may be sent; each window counts for that much longer, so that none overflows. */
export const graceMs = 10_000;

/** `path` is without the query. */
export function weightOf(method: string, path: string): Weight {
  const content = method === 'POST' && /\/repos\/[^/]+\/[^/]+\/(issues|issues\/\d+\/comments|pulls)$/.test(path);
  return { content, points: method === 'GET' || method === 'HEAD' ? 1 : 5 };
}

/**
 * Takes the earliest place at which no window overflows. Whoever would have to wait longer than `patienceMs` is expected
 * to come back at that time, and its place is kept until then: else all of them would come at the same moment, each
 * after it has repeated what it did before, and most in vain.
 */
export function takePlace(pace: Pace, request: PacedRequest, now: number, patienceMs: number): PaceAnswer {
  const remembered = pace.filter((place) => isRemembered(place, now));
  const known = remembered.find((place) => place.promised && place.key === request.key);
  const { at, limit } = known ?? earliest(remembered, request, now);
  const place = { ...request, at, limit, promised: at - now > patienceMs };
  const others = known ? remembered.filter((each) => each !== known) : remembered;
  const behind = others.findIndex((each) => each.at > at);
  return { pace: others.toSpliced(behind < 0 ? others.length : behind, 0, place), at: Math.max(at, now), limit };
}

/** Whether anything in it still counts. */
export function isRemembering(pace: Pace, now: number): boolean {
  return pace.some((place) => isRemembered(place, now));
}

function isRemembered({ at, content, promised }: Place, now: number): boolean {
  if (promised) return now <= at + graceMs;
  return now < at + (content ? hour : minute) + graceMs;
}

/** With the limit that moves it furthest. */
function earliest(pace: Pace, weight: Weight, now: number): { readonly at: number; readonly limit: string | null } {
  let at = now;
  let furthest = { ms: 0, words: null as string | null };
  for (;;) {
    const moves = limits.map((limit) => ({ words: limit.words, ms: roomFrom(limit, pace, weight, at) - at }));
    const move = moves.find(({ ms }) => ms > 0);
    if (!move) return { at, limit: furthest.words };
    if (move.ms > furthest.ms) furthest = move;
    at += move.ms;
  }
}

/** `at`, where every window of the limit that holds it has room; else the end of the last one that has none. */
function roomFrom({ windowMs, most, costOf }: Limit, pace: Pace, weight: Weight, at: number): number {
  let sum = costOf(weight);
  if (sum === 0) return at;
  const length = windowMs + graceMs;
  let room = at;
  let begin = pace.findIndex((place) => place.at > at - length);
  let end = begin;
  for (;;) {
    const first = pace[begin];
    const isBefore = first !== undefined && first.at <= at;
    const from = isBefore ? first.at : at;
    for (let next = pace[end]; next && next.at < from + length; next = pace[end]) {
      sum += costOf(next);
      end += 1;
    }
    if (sum > most) room = from + length;
    if (!isBefore) return room;
    sum -= costOf(first);
    begin += 1;
  }
}
