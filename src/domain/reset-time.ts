/**
 * The time a text names for the end of a limit, in epoch milliseconds: as an epoch, an instant, a duration from now, or a
 * clock time with or without a date. `zone` holds where the text names no time zone. Null where it names no time.
 */
export function resetTime(text: string, now: number, zone: string): number | null {
  const epoch = /\|\s*(\d{10})(\d{3})?\b/.exec(text);
  if (epoch) return Number(epoch[1]) * 1000 + Number(epoch[2] ?? 0);
  const instant = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)/.exec(text);
  if (instant) return Date.parse(instant[0]);
  const duration = span.exec(text)?.[1];
  if (duration !== undefined) return now + millisecondsOf(duration);
  const clock = clockTime.exec(text)?.groups;
  return clock ? atClock(clock, now, zone) : null;
}

const span =
  /\b(?:try again|resets?|retry|wait)(?:ing)? (?:in|after|for)?\s*((?:\d+(?:\.\d+)?\s*(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|ms|d|h|m|s)\b[,\s]*(?:and\s+)?)+)/i;
const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

function millisecondsOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)\s*(ms\b|[dhms])/gi)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit?.toLowerCase() ?? ''] ?? 0), 0);
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
// resets 3pm (Europe/Berlin) · resets Oct 9, 5pm · try again at Nov 25th, 2026 2:55 PM · reset at 15:00 UTC
const clockTime = new RegExp(
  [
    /\b(?:try again|resets?)(?:\s+(?:at|on|after))?\s+/,
    /(?:(?<month>[a-z]{3,9})\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?<year>\d{4}))?,?\s+(?:at\s+)?)?/,
    /(?<hour>\d{1,2})(?=:|\s*[ap]\.?m\b)(?::(?<minute>\d\d))?(?:\s*(?<half>[ap])\.?m\b)?/,
    /(?:\.?\s*\((?<zone>[^)\s]+)\)|\s+(?<utc>UTC|GMT)\b)?/,
  ]
    .map(({ source }) => source)
    .join(''),
  'i',
);

type Groups = Readonly<Record<string, string | undefined>>;
/** A limit that ends within the minute is told as that minute, which may have begun. */
const justNow = 5 * 60_000;
const day = 86_400_000;

function atClock(clock: Groups, now: number, hostZone: string): number | null {
  const zone = clock.utc ? 'UTC' : (knownZone(clock.zone) ?? knownZone(hostZone) ?? 'UTC');
  const time = timeOf(clock);
  if (time === null) return null;
  const today = wallTime(now, zone);
  if (clock.month === undefined) {
    const nearby = [-1, 0, 1].map((days) => epochOf({ ...today, day: today.day + days, ...time }, zone));
    return nearby.find((at) => at >= now - justNow) ?? null;
  }
  const month = months.indexOf(clock.month.slice(0, 3).toLowerCase()) + 1;
  if (month === 0) return null;
  const date = { month, day: Number(clock.day), ...time };
  const at = epochOf({ year: Number(clock.year ?? today.year), ...date }, zone);
  // January, told in December.
  return clock.year === undefined && at < now - 180 * day ? epochOf({ year: today.year + 1, ...date }, zone) : at;
}

function timeOf({ hour = '', minute = '0', half }: Groups): { hour: number; minute: number } | null {
  const told = { hour: Number(hour), minute: Number(minute) };
  if (told.hour > (half === undefined ? 23 : 12) || told.minute > 59) return null;
  if (half === undefined) return told;
  return { ...told, hour: (told.hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0) };
}

function knownZone(zone: string | undefined): string | null {
  if (zone === undefined) return null;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

function wallTime(at: number, zone: string): WallTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') };
}

/** The zone's offset is looked up twice, because the first guess may lie on the other side of a change of clocks. */
function epochOf(time: WallTime, zone: string): number {
  const asUtc = utc(time);
  const guess = asUtc - (utc(wallTime(asUtc, zone)) - asUtc);
  return asUtc - (utc(wallTime(guess, zone)) - guess);
}

function utc({ year, month, day, hour, minute }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}
