const hour = 3_600_000;
const minute = 60_000;

/** Starts of the past that are remembered; an account that allows more in an hour has no pace to keep. */
const mostRemembered = 4000;

/** One agent start of a provider account, past or reserved. */
export interface Permit {
  readonly attemptId: string;
  /** The workflow that waits for it. */
  readonly runId: string;
  /** Agent starts per hour that its run allows. */
  readonly perHour: number;
  /** Epoch milliseconds at which the agent may start. */
  readonly at: number;
}

/** The provider itself refuses until then. */
export interface UsageLimit {
  /** Epoch milliseconds. */
  readonly until: number;
  /** How often in a row it was met without being told its end. */
  readonly guesses: number;
  /** The workflows that have met it, and sleep. */
  readonly runs: readonly string[];
}

/** What the gate of an account remembers. */
export interface Account {
  /** In order of their time. */
  readonly permits: readonly Permit[];
  readonly limit: UsageLimit | null;
}

export const emptyAccount: Account = { permits: [], limit: null };

export type PermitRequest = Pick<Permit, 'attemptId' | 'runId' | 'perHour'>;

export interface LimitReport extends Pick<Permit, 'attemptId' | 'runId'> {
  /** Epoch milliseconds; null: the provider did not say. */
  readonly until: number | null;
}

export interface PermitAnswer {
  /** Epoch milliseconds at which the agent may start. */
  readonly at: number;
  /** Whether the provider's usage limit is what it waits for. */
  readonly limited: boolean;
}

/**
 * Reserves the earliest start at which no window of one hour holds more than `perHour` starts, and no usage limit holds.
 * Asking again for the same attempt gives the same answer, so a repeated call costs nothing.
 */
export function reserve(
  account: Account,
  request: PermitRequest,
  now: number,
): { readonly account: Account; readonly at: number } {
  const recent = account.permits.filter((permit) => isRemembered(permit, now)).slice(-mostRemembered);
  const known = recent.find((permit) => permit.attemptId === request.attemptId);
  if (known) return { account: { ...account, permits: recent }, at: known.at };
  const blocking = recent.at(-request.perHour);
  const earliest = Math.max(now, account.limit?.until ?? 0);
  const isFree = recent.length < request.perHour || !blocking;
  const at = isFree ? earliest : Math.max(earliest, blocking.at + hour);
  const permits = [...recent, { ...request, at }].sort((a, b) => a.at - b.at);
  return { account: { ...account, permits }, at };
}

/** Gives a reservation back that was not used. */
export function release(account: Account, attemptId: string, now: number): Account {
  const permits = account.permits.filter((permit) => permit.attemptId !== attemptId || permit.at <= now);
  return { ...account, permits };
}

/**
 * Notes that the provider refuses work until `until`; null where it did not say, then for 5 minutes, twice as long with
 * each time in a row, at most an hour. Reservations to come move behind it, in their order.
 */
export function limited(account: Account, met: Omit<LimitReport, 'attemptId'>, now: number): Account {
  const { limit } = account;
  const { until } = met;
  const holds = limit !== null && limit.until > now;
  const runs = [...new Set([...(holds ? limit.runs : []), met.runId])];
  if (until === null && holds) return { ...account, limit: { ...limit, runs } };
  const inARow = limit !== null && now - limit.until < 2 * hour;
  const guesses = until === null ? (inARow ? limit.guesses : 0) + 1 : 0;
  // A clock that is some seconds ahead of the provider's would meet the limit once more.
  const told = until === null ? now + Math.min(hour, 5 * minute * 2 ** (guesses - 1)) : Math.max(until, now) + 10_000;
  return moved({ ...account, limit: { until: Math.max(told, holds ? limit.until : 0), guesses, runs } }, now);
}

/** Whether the provider itself refuses now. */
export function isLimited({ limit }: Account, now: number): boolean {
  return limit !== null && limit.until > now;
}

/** A person wakes those who wait for the end of a usage limit. */
export function lifted(account: Account, now: number): Account {
  return moved({ ...account, limit: null }, now);
}

/** The runs that wait for a time to come. */
export function waitingRuns({ permits, limit }: Account, now: number): string[] {
  const reserved = permits.filter((permit) => permit.at > now).map((permit) => permit.runId);
  return [...new Set([...reserved, ...(limit && limit.until > now ? limit.runs : [])])];
}

/** Whether there is anything to remember: a start in the last hour or to come, or a limit. */
export function isRemembering(account: Account, now: number): boolean {
  return isLimited(account, now) || account.permits.some((permit) => isRemembered(permit, now));
}

function isRemembered(permit: Permit, now: number): boolean {
  return permit.at > now - hour;
}

/** Reserves anew what is to come. */
function moved(account: Account, now: number): Account {
  const past = account.permits.filter((permit) => permit.at <= now);
  const toCome = account.permits.filter((permit) => permit.at > now);
  return toCome.reduce<Account>((moving, permit) => reserve(moving, permit, now).account, {
    ...account,
    permits: past,
  });
}
