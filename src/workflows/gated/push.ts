import { failureOf } from '../activities.ts';
import { pushTip } from './delivery.ts';
import { type GatedBench, isKnown } from './role.ts';

/** In a fleet a cycle's work goes to the remote at once, where that may be: what is only here is lost with its host. */
export async function pushWork(bench: GatedBench): Promise<void> {
  const { run, target } = bench;
  const mayPush = run.input.remote !== null && target.state.options.push_mode === 'AUTO';
  if (run.input.source.kind !== 'remote' || !mayPush) return;
  try {
    await pushTip(bench, target);
  } catch (error) {
    if (!isKnown(error) || failureOf(error).type === 'GuardRefused') throw error;
    // At the end it is pushed again, and halts the run where that is refused.
    run.warn(`cycle ${target.loop.cycle} could not be pushed: ${failureOf(error).message}`);
  }
}
