export function sprintBranch(slug: string): string {
  return `locus/sprint-${slug}`;
}

export function issueBranch(issue: number): string {
  return `locus/issue-${issue}`;
}

/** The branch itself, or the first of `<branch>-2`, `-3`, … that is not taken by a finished pull request. */
export function nextFreeBranch(branch: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(branch)) return branch;
  let count = 2;
  while (names.has(`${branch}-${count}`)) count += 1;
  return `${branch}-${count}`;
}

/** `locus/sprint-x` is worked on in the workspace `sprint-x`. */
export function workspaceName(branch: string): string {
  return branch.replace(/^locus\//, '');
}

/** `refs/locus/wip/<task>`: where the unfinished work of a task is kept. */
export function unfinishedRef(branch: string, issue: number): string {
  return `refs/locus/wip/${workspaceName(branch)}/${issue}`;
}
