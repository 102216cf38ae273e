import { issueBranch, nextFreeBranch } from '../domain/branch.ts';
import type { PullRequest } from '../domain/issue.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Request } from './run-request.ts';

/**
 * The branch of each issue. One whose pull request was merged or closed is not used again. The tracker alone can tell:
 * hosts delete merged branches, and a colleague's clone never had them.
 */
export async function branchesFor(
  { selection, tracker }: Pick<Request, 'tracker' | 'selection'>,
  issues: readonly number[],
): Promise<Map<number, string>> {
  if (selection.branch !== null) {
    const shared = issues.length === 0 ? selection.branch : await freeBranch(tracker, selection.branch);
    return new Map(issues.map((issue) => [issue, shared]));
  }
  const branches = new Map<number, string>();
  for (let from = 0; from < issues.length; from += asked) {
    const some = issues.slice(from, from + asked);
    const found = await Promise.all(some.map((issue) => freeBranch(tracker, issueBranch(issue))));
    for (const [index, issue] of some.entries()) branches.set(issue, found[index] ?? issueBranch(issue));
  }
  return branches;
}

/** Branches asked for at the same time. */
const asked = 8;

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
