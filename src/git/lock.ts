const tails = new Map<string, Promise<unknown>>();

/**
 * Runs `work` alone among all work of this process on one repository. git's own lock files would make parallel
 * worktree and ref commands fail instead of wait.
 */
export function alone<T>(commonDir: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(commonDir) ?? Promise.resolve();
  const result = before.then(work, work);
  const tail = result.catch(() => undefined);
  tails.set(commonDir, tail);
  tail.then(() => {
    if (tails.get(commonDir) === tail) tails.delete(commonDir);
  });
  return result;
}
