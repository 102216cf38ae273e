import type { BranchFacts } from '../../activities/gated/contract.ts';
import type { GatedBench } from './role.ts';
import { step } from './step.ts';

/**
 * What the branch comes to, and what its tip differs in from `since`. A plan's sprint is compared with where it began, a
 * bug's fix with the record of its triage.
 */
export function branchFacts(bench: GatedBench, since: string, what: string): Promise<BranchFacts> {
  return step(bench.run, bench.target, what, (summary) => factsOf(bench, since, summary));
}

/** The same, however long it takes. */
export function factsOf(
  { run, tools, target, plan }: GatedBench,
  since: string,
  summary: string,
): Promise<BranchFacts> {
  const base = target.bug?.base ?? (plan === null ? null : run.task(target.issue).startCommit);
  const request = { commit: target.tip, since, base };
  return tools.onHost(({ host }) => host.lookAtBranch.executeWithOptions({ summary }, [run.context, request]));
}
