import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import { patiently } from '../patience.ts';
import { PhaseCut, type Run } from '../run.ts';
import { endsBefore, letsGoSoon } from '../settled.ts';

/** Whose time a step is taken from. */
export interface Timed {
  /** Milliseconds until it is over; null: none holds. */
  readonly timeLeft: number | null;
  /** Its time stands, and nobody waits for what is still done. */
  readonly isHalted: boolean;
}

/** The time was over before a step had ended. */
export class TimeUp extends Error {}

/** What ends in a moment is let end: what it has done is known then. */
const graceMs = 5_000;
/** From then on people see which step is waited for. */
const quietMs = 10_000;

/**
 * Does a step that may wait for what is outside without end. It is given up when the time is over (TimeUp), and when a
 * person halts the run: by force at once, else after a moment (PhaseCut). `isWork`: what a person lets end, like an agent.
 */
export async function step<T>(
  run: Run,
  work: Timed,
  summary: string,
  call: (summary: string) => Promise<T>,
  { isWork = false }: { readonly isWork?: boolean } = {},
): Promise<T> {
  const watching = new CancellationScope();
  const shown = { reason: `the step “${summary}”`, until: null };
  let over: Error | null = null;
  const time = async () => {
    const { isHalted, timeLeft } = work;
    const left = isHalted || timeLeft === null ? null : Math.max(timeLeft, isWork ? 0 : graceMs);
    await sleep(Math.min(left ?? quietMs, quietMs));
    if (left === null || left > quietMs) run.change({ waiting: run.state.waiting ?? shown });
    if (left === null) return;
    if (left > quietMs) await sleep(left - quietMs);
    over ??= new TimeUp(`the time is over, and “${summary}” has not ended`);
  };
  const halt = async () => {
    if (isWork || work.isHalted) return;
    await condition(() => run.haltWanted !== null);
    await sleep(graceMs);
    over ??= new PhaseCut(run.haltWanted ?? '');
  };
  // It ends with the step.
  watching.run(() => Promise.all([time(), halt()])).catch(() => {});
  try {
    return await patiently(
      run,
      () => call(summary),
      () => over,
    );
  } catch (error) {
    if (error === over) run.warn(`not waited for any longer: ${summary}`);
    throw error;
  } finally {
    watching.cancel();
    if (run.state.waiting === shown) run.change({ waiting: null });
  }
}

/** Does a step that a halted run does not wait for: null where it does not end in time, or the run is to stop. */
export async function forAMoment<T>(run: Run, ms: number, call: () => Promise<T>): Promise<T | null> {
  const scope = new CancellationScope();
  const result = scope.run(call);
  if (await endsBefore(result, () => run.stopping, ms)) return result;
  scope.cancel();
  if (!(await letsGoSoon(result))) return null;
  return result.catch((error: unknown) => {
    if (isCancellation(error)) return null;
    throw error;
  });
}
