import { issueBranch, nextFreeBranch } from '../domain/branch.ts';
import type { PullRequest } from '../domain/issue.ts';
import { branchExists, remoteBranchExists } from '../git/branches.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Request } from './run-request.ts';

/** The branch of each issue. A branch whose pull request was merged or closed is not used again. */
export async function branchesFor(
  request: Pick<Request, 'project' | 'plan' | 'tracker' | 'selection'>,
  issues: readonly number[],
  mayBeTaken: boolean,
): Promise<Map<number, string>> {
  const { selection, tracker } = request;
  const free = async (branch: string) => {
    const known = mayBeTaken || (await isKnown(request, branch));
    return known ? freeBranch(tracker, branch) : branch;
  };
  const shared = selection.branch === null ? null : await free(selection.branch);
  const branches = new Map<number, string>();
  for (const issue of issues) branches.set(issue, shared ?? (await free(issueBranch(issue))));
  return branches;
}

/** Only a branch that exists can have had a pull request; a clone that holds one branch cannot tell. */
async function isKnown({ project, plan }: Pick<Request, 'project' | 'plan'>, branch: string): Promise<boolean> {
  const { repository } = project.checkout;
  if (plan.source.kind === 'remote') return true;
  if (await branchExists(repository, branch)) return true;
  return plan.remote !== null && (await remoteBranchExists(repository, plan.remote, branch));
}

/** The newest pull request of a branch or of those that came after it, `<branch>-2` and so on; null where there is none. */
export async function latestPull(tracker: Tracker, branch: string): Promise<PullRequest | null> {
  return (await lastUse(tracker, branch)).latest;
}

async function freeBranch(tracker: Tracker, branch: string): Promise<string> {
  return (await lastUse(tracker, branch)).free;
}

async function lastUse(tracker: Tracker, branch: string): Promise<{ free: string; latest: PullRequest | null }> {
  const taken: string[] = [];
  let latest: PullRequest | null = null;
  for (;;) {
    const candidate = nextFreeBranch(branch, taken);
    const pull = await tracker.findPull(candidate, 'all');
    latest = pull ?? latest;
    if (pull === null || pull.state === 'open') return { free: candidate, latest };
    taken.push(candidate);
  }
}
