import { sha256 } from './sha256.ts';

export function sprintBranch(slug: string): string {
  return `locus/sprint-${slug}`;
}

export function issueBranch(issue: number): string {
  return `locus/issue-${issue}`;
}

/** Where one sprint of a plan goes that has a draft of its own. */
export function planSprintBranch(branch: string, sprint: string): string {
  return `${branch}-${sprint}`;
}

/** The branch itself, or the first of `<branch>-2`, `-3`, … that is not taken by a finished pull request. */
export function nextFreeBranch(branch: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(branch)) return branch;
  let count = 2;
  while (names.has(`${branch}-${count}`)) count += 1;
  return `${branch}-${count}`;
}

/** The name of a folder: `locus/sprint-x` is worked on in `sprint-x`, `feature/x` in `feature+x`, a bare `x` in `branch+x`. */
export function workspaceName(branch: string): string {
  if (branch.startsWith('locus/')) return branch.slice('locus/'.length);
  const place = branch.includes('/') ? branch : `branch/${branch}`;
  const name = place.replaceAll('/', '+');
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) return name;
  // Two branches that differ in other characters alone do not share a folder.
  return `branch+${name.replace(/[^A-Za-z0-9._+-]/g, '_')}-${sha256(branch).slice(0, 8)}`;
}

/** `refs/locus/wip/<task>`: where the unfinished work of a task is kept. */
export function unfinishedRef(branch: string, issue: number): string {
  return `refs/locus/wip/${workspaceName(branch)}/${issue}`;
}
