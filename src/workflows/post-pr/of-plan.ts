import { wholeTarget } from '../../domain/gated/post-pr-input.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { drafted } from '../gated/delivery.ts';
import type { PlanBench } from '../plan/ending.ts';
import { noDraft, validated } from './child.ts';

/** Validates the one draft of a plan; answers why it halted, or nothing. `pull`: its text, with what the validation says. */
export async function validatePlan(bench: PlanBench, pull: () => Promise<PullText>): Promise<string | undefined> {
  const { run, plan } = bench;
  const { id, settings, mode, options } = plan.input;
  if (!plan.drafted) {
    run.warn(noDraft);
    return undefined;
  }
  plan.move('COMPLETE');
  const gated = { id, target: wholeTarget(plan.input), settings, mode, options, allowHigh: plan.allowHigh };
  const completion = { pushed: true, pr_created: true, pr_url: run.state.pr?.url ?? null, skipped_reason: null };
  const cycle = plan.state.metrics.total_cycles;
  const { state, commit, pushed } = await validated(run, plan, { gated, completion, start: plan.tip, cycle });
  // What could not be pushed is found on the branch, and pushed, by the next part of the validation.
  if (pushed) plan.arrived(commit);
  if (run.stopping) await run.checkpoint();
  if (state.state === 'READY_FOR_HITL') {
    await drafted(bench, plan, await pull());
    return undefined;
  }
  const { reason, detail } = state.halt ?? { reason: 'user_interrupt' as const };
  if (reason === 'user_interrupt' && run.haltWanted !== null) return run.haltWanted;
  return detail === undefined ? reason : `${reason}: ${detail}`;
}
