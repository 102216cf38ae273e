import type { BreakerState, TargetState } from './state.ts';

/** Whole seconds. */
export interface Computed {
  /** What counts towards the timeout: not the time in which the run waited for a person or a usage limit. */
  readonly runtime_seconds: number;
  readonly timeout_remaining_seconds: number;
}

/** Nothing runs in these: the clock stands at the last activity. */
const ended: readonly TargetState['state'][] = ['READY', 'JACKED_OUT', 'READY_FOR_HITL'];

/**
 * The time of a run, counted from the breaker's start, which is the run's own. `now` and `excluded` are milliseconds:
 * the latter is what was waited for since that start, without the halt that still lasts, where the clock stands anyway.
 */
export function computedOf(
  {
    state,
    timestamps,
    halt,
  }: Pick<TargetState, 'state' | 'timestamps'> & { readonly halt?: { readonly timestamp: string } },
  timeout: BreakerState['triggers']['timeout'],
  now: number,
  excluded = 0,
): Computed {
  const stopped = state === 'HALTED' ? halt?.timestamp : ended.includes(state) ? timestamps.last_activity : undefined;
  const end = stopped === undefined ? now : Math.min(now, time(stopped, now));
  const counted = Math.max(0, end - time(timeout.started, end) - excluded);
  const limit = timeout.limit_hours * 3600;
  const runtime = Math.floor(counted / 1000);
  return { runtime_seconds: runtime, timeout_remaining_seconds: Math.max(0, Math.floor(limit - runtime)) };
}

/** `1h 30m`, also for days. */
export function hoursAndMinutes(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

function time(iso: string, otherwise: number): number {
  const parsed = Date.parse(iso);
  return Number.isNaN(parsed) ? otherwise : parsed;
}
