import { condition } from '@temporalio/workflow';
import type { Run } from './run.ts';

const grace = '5 seconds';

/** Whether a step has ended, well or badly, before `isOver` holds. */
export async function endsBefore(step: Promise<unknown>, isOver: () => boolean): Promise<boolean> {
  const { hasEnded, ending } = watch(step);
  await Promise.race([condition(() => hasEnded() || isOver()), ending]);
  return hasEnded();
}

/** Whether a step lets go of its run: waits without end for it, and for some seconds where a person uses force. */
export async function letsGo(run: Run, step: Promise<unknown>): Promise<boolean> {
  if (await endsBefore(step, () => run.forced)) return true;
  const { hasEnded, ending } = watch(step);
  await Promise.race([condition(hasEnded, grace), ending]);
  return hasEnded();
}

function watch(step: Promise<unknown>) {
  let ended = false;
  const end = () => {
    ended = true;
  };
  return { hasEnded: () => ended, ending: step.then(end, end) };
}
