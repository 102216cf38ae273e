import { condition } from '@temporalio/workflow';
import type { Run } from './run.ts';

const graceMs = 5_000;

/** Whether a step has ended, well or badly, before `isOver` holds; `withinMs`: and before that time is over. */
export async function endsBefore(
  step: Promise<unknown>,
  isOver: () => boolean,
  withinMs: number | null = null,
): Promise<boolean> {
  const { hasEnded, ending } = watch(step);
  const isDone = () => hasEnded() || isOver();
  await Promise.race([withinMs === null ? condition(isDone) : condition(isDone, withinMs), ending]);
  return hasEnded();
}

/** Whether a step lets go of its run: waits without end for it, and for some seconds where a person uses force. */
export async function letsGo(run: Run, step: Promise<unknown>): Promise<boolean> {
  return (await endsBefore(step, () => run.forced)) || letsGoSoon(step);
}

/** Whether a step that nobody waits for lets go within some seconds. */
export function letsGoSoon(step: Promise<unknown>): Promise<boolean> {
  return endsBefore(step, () => false, graceMs);
}

function watch(step: Promise<unknown>) {
  let ended = false;
  const end = () => {
    ended = true;
  };
  return { hasEnded: () => ended, ending: step.then(end, end) };
}
