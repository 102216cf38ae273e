import { resetTime } from './reset-time.ts';

export interface LimitSigns {
  /** What the agent, or the program that runs it, reported as its error. Never words of its normal work. */
  readonly text: string;
  /** HTTP status of the model's last answer, where the agent tells it. */
  readonly status: number | null;
  /** Epoch milliseconds of the reset, where the agent tells it as a number. */
  readonly until: number | null;
}

export interface Limit {
  /** Epoch milliseconds; null where it is not stated, or not to be believed: then back off. */
  readonly until: number | null;
}

/**
 * Whether a failed agent met a limit of its provider account, or a model too busy to answer; null for any other failure.
 * `now` in epoch milliseconds; `zone` is the IANA time zone in which the agent writes times that name none.
 */
export function usageLimit({ text, status, until }: LimitSigns, now: number, zone: string): Limit | null {
  const isLimit = status !== null && limitStatuses.includes(status);
  const mayBeLimit = status === null || vagueStatuses.includes(status);
  if (!isLimit && !(mayBeLimit && soundsLikeLimit(text))) return null;
  return { until: believable(until, now) ?? believable(resetTime(text, now, zone), now) };
}

const limitStatuses = [429, 529];
/** Answers that say no more than their text does. */
const vagueStatuses = [400, 402, 403];
const minute = 60_000;
const latest = 8 * 24 * 60 * minute;
const earliest = -60 * minute;

/** A time just past is the minute that the limit ends in, cut off: so a moment later. */
function believable(until: number | null, now: number): number | null {
  if (until === null || until - now > latest || until - now < earliest) return null;
  return until > now ? until : now + minute;
}

function soundsLikeLimit(text: string): boolean {
  return !ownLimit.test(text) && [reached, tooMany, busy, outOfCredit].some((wording) => wording.test(text));
}

/** Limits of a single request or session, which no waiting lifts. */
const ownLimit = /context (?:window|length|limit)|(?:output|maximum|max)[ _]tokens?|number of turns|file size limit/i;

const reached = new RegExp(
  [
    /\b(?:hit|reached|exceeded|used up) (?:your|the|its)\b[^.\n|]{0,60}\b(?:limit|quota|allocation|cap)\b/,
    /\b(?:usage|session|hourly|daily|weekly|monthly|opus|sonnet|haiku|fable|spend|account|plan|\d+-hour) limits? (?:has been |is |was )?(?:reached|exceeded|hit|set to)/,
    /\blimit reached\b.{0,40}\bresets?\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
const tooMany =
  /too many requests|rate[ _-]limit(?:_error|_exceeded|ed\b| (?:is |was |has been )?(?:exceeded|reached))|exceed[^.\n]{0,40}rate limit|temporarily limiting requests|\b(?:status|error|rejected)[: (]{1,3}(?:429|529)\b/i;
const busy = /overloaded(?:_error)?\b|\bmodel is at capacity\b|experiencing high load\b/i;
const outOfCredit =
  /\bout of (?:extra |your )?(?:usage|credits?)\b|credit balance is too low|quota exceeded|insufficient_quota|\bspend cap\b/i;
