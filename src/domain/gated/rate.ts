import type { Fired } from './breaker.ts';

/** How many phases a run has started in this clock hour. */
export interface RateState {
  /** Start of the hour that is counted, in UTC. */
  readonly hour_boundary: string;
  readonly calls_this_hour: number;
  readonly limit: number;
  readonly waits: readonly RateWait[];
  /** Waits with no phase between them that could start at once. */
  readonly waits_in_a_row: number;
}

export interface RateWait {
  readonly timestamp: string;
  readonly wait_seconds: number;
}

export type RateAnswer =
  /** The unit is taken. */
  | { readonly kind: 'go'; readonly rate: RateState }
  /** It is asked for again at `until`. */
  | { readonly kind: 'wait'; readonly rate: RateState; readonly until: string; readonly seconds: number }
  | { readonly kind: 'trip'; readonly rate: RateState; readonly fired: Fired };

export const callsPerHour = 100;

const hourMs = 3_600_000;
/** A provider's clock may be behind ours. */
const bufferMs = 60_000;
const mostWaitsInARow = 5;

/** `now` is ISO 8601. */
export function newRate(limit: number, now: string): RateState {
  return { hour_boundary: hourOf(now), calls_this_hour: 0, limit, waits: [], waits_in_a_row: 0 };
}

/**
 * Takes one unit for a phase, or says how long to wait for it. `waited` tells that it is asked for again after a wait:
 * that phase does not end the row of waits, one that starts at once does. The last wait of too long a row is recorded
 * and not made.
 */
export function takeUnit(before: RateState, now: string, waited: boolean): RateAnswer {
  const rate = inHourOf(before, now);
  if (rate.calls_this_hour < rate.limit) {
    const waits_in_a_row = waited ? rate.waits_in_a_row : 0;
    return { kind: 'go', rate: { ...rate, calls_this_hour: rate.calls_this_hour + 1, waits_in_a_row } };
  }
  const until = Date.parse(rate.hour_boundary) + hourMs + bufferMs;
  const seconds = Math.ceil((until - Date.parse(now)) / 1000);
  const waits_in_a_row = rate.waits_in_a_row + 1;
  const waiting = { ...rate, waits: [...rate.waits, { timestamp: now, wait_seconds: seconds }], waits_in_a_row };
  if (waits_in_a_row >= mostWaitsInARow) {
    const reason = `${waits_in_a_row} waits in a row for the limit of ${rate.limit} phases an hour`;
    return { kind: 'trip', rate: waiting, fired: { trigger: 'rate_limit', reason } };
  }
  return { kind: 'wait', rate: waiting, until: new Date(until).toISOString(), seconds };
}

/** After a halt that a person has ended: the row of waits begins anew. */
export function resumeRate(rate: RateState): RateState {
  return { ...rate, waits_in_a_row: 0 };
}

// A clock that was set back does not give back what was used.
function inHourOf(rate: RateState, now: string): RateState {
  const hour = hourOf(now);
  if (Date.parse(hour) <= Date.parse(rate.hour_boundary)) return rate;
  return { ...rate, hour_boundary: hour, calls_this_hour: 0 };
}

function hourOf(now: string): string {
  return new Date(Math.floor(Date.parse(now) / hourMs) * hourMs).toISOString();
}
