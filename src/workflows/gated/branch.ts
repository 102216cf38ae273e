import type { BranchFacts } from '../../activities/gated/contract.ts';
import type { GatedBench } from './role.ts';

/** What the branch comes to, and what its tip differs in from `since`. A plan's sprint is compared with where it began. */
export function branchFacts(
  { run, tools, target, plan }: GatedBench,
  since: string,
  summary: string,
): Promise<BranchFacts> {
  const base = plan === null ? null : run.task(target.issue).startCommit;
  const request = { commit: target.tip, since, base };
  return tools.onHost(({ host }) => host.lookAtBranch.executeWithOptions({ summary }, [run.context, request]));
}
