const operations: Readonly<Record<string, string>> = {
  'rebase-merge': 'rebase',
  'rebase-apply': 'rebase',
  MERGE_HEAD: 'merge',
  CHERRY_PICK_HEAD: 'cherry-pick',
  REVERT_HEAD: 'revert',
  sequencer: 'cherry-pick',
  BISECT_LOG: 'bisect',
};

/** The git command that is half done where a git folder holds a file of this name; null for any other file. */
export function operationOf(name: string): string | null {
  return operations[name] ?? null;
}

/** Whether a file of this name belongs to a half-done command: without it git knows nothing of that command. */
export function isOfOperation(name: string): boolean {
  return operationOf(name) !== null || /^(MERGE_|BISECT_|AUTO_MERGE$|SQUASH_MSG$)/.test(name);
}
