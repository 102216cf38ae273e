import type { HaltStep } from '../../domain/gated/loop-state.ts';
import { drafted } from '../gated/delivery.ts';
import { donePull } from '../gated/pulls.ts';
import type { GatedBench } from '../gated/role.ts';
import { noDraft, validated } from './child.ts';

export type ValidationHalt = HaltStep | { readonly kind: 'person'; readonly reason: string };

/** Whether there is a finished draft that shows what the branch stands on: it need not be made again. */
export function isDrafted({ target }: GatedBench): boolean {
  return target.drafted !== null && target.drafted === target.tip;
}

/** Validates the target's draft, where that is switched on; null: it has passed, or there is nothing to validate. */
export async function validateTarget(bench: GatedBench): Promise<ValidationHalt | null> {
  const { run, target } = bench;
  // What a bug run completes is not validated.
  if (target.bug || !target.input.settings.postPr.enabled) return null;
  const { completion } = target.state;
  if (!completion.pr_created) {
    run.warn(noDraft);
    return null;
  }
  const start = run.task(target.issue).startCommit ?? target.tip;
  const draft = {
    gated: { ...target.input, allowHigh: target.allowHigh },
    completion,
    start,
    cycle: target.loop.cycle,
  };
  const end = await validated(run, target, draft);
  run.update(target.issue, { commit: end.commit });
  if (end.branch) target.grown(end.branch);
  if (end.state.verified === end.commit) target.tested = end.commit;
  if (end.pushed) {
    target.arrived(end.commit);
    target.drafted = end.commit;
  } else {
    // A fix step's, which nobody has looked at. The gates do after a resume; what a halt shows until then says so.
    target.validating({ ...end.state, fix_commits: [...(end.state.fix_commits ?? []), end.commit] });
    target.unapproved();
  }
  if (run.stopping) await run.checkpoint();
  const { state, halt } = end.state;
  if (state === 'READY_FOR_HITL') {
    await drafted(bench, target, donePull(bench));
    return null;
  }
  const { reason, detail = '' } = halt ?? { reason: 'user_interrupt' as const };
  if (reason === 'user_interrupt' && run.haltWanted !== null) return { kind: 'person', reason: run.haltWanted };
  return { kind: 'halt', reason, detail, trigger: null };
}
