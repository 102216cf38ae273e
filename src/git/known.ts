/** What is true of a commit for ever, as its hash covers it. Git is asked once; what we have made ourselves we know. */

const trees = new Map<string, string>();
const ancestors = new Map<string, Set<string>>();
const subjects = new Map<string, readonly string[]>();
const mostCommits = 5000;
/** So many of the latest commits are told to agents. */
export const mostSubjects = 10;

export function noteTree(commit: string, tree: string): void {
  if (trees.size >= mostCommits) trees.clear();
  trees.set(commit, tree);
}

/** undefined: git has to be asked. */
export function knownTree(commit: string): string | undefined {
  return trees.get(commit);
}

export function noteAncestor(ancestor: string, commit: string): void {
  if (ancestors.size >= mostCommits) ancestors.clear();
  ancestors.set(commit, (ancestors.get(commit) ?? new Set()).add(ancestor));
}

/** Of a commit and those before it, newest first. */
export function noteSubjects(commit: string, newestFirst: readonly string[]): void {
  if (subjects.size >= mostCommits) subjects.clear();
  subjects.set(commit, newestFirst.slice(0, mostSubjects));
}

/** undefined: git has to be asked. */
export function knownSubjects(commit: string): readonly string[] | undefined {
  return subjects.get(commit);
}

/** Whether it follows from what was noted; false says nothing. */
export function isKnownAncestor(ancestor: string, commit: string): boolean {
  const seen = new Set([commit]);
  for (const one of seen) {
    for (const earlier of ancestors.get(one) ?? []) seen.add(earlier);
    if (!seen.has(ancestor)) continue;
    // The way is short the next time.
    if (one !== commit) noteAncestor(ancestor, commit);
    return true;
  }
  return false;
}
