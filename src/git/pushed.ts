import type { Repository } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { alone } from './lock.ts';
import { git } from './run.ts';

/** The tip of a branch on the remote that our own branch is known to hold; what others pushed since is not in it. */
export async function pushedTip(repository: Repository, branch: string): Promise<string | null> {
  return resolveCommit(repository, refOf(branch));
}

/** Notes what we pushed, or took over from the remote. */
export async function notePushed(repository: Repository, branch: string, commit: string): Promise<void> {
  if ((await pushedTip(repository, branch)) === commit) return;
  await alone(repository.commonDir, () => git(repository, ['update-ref', refOf(branch), commit]));
}

function refOf(branch: string): string {
  return `refs/locus/pushed/${branch}`;
}
