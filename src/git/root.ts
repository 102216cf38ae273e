import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import type { Workspace } from '../domain/workspace.ts';
import { isClean } from './discover.ts';
import { alone } from './lock.ts';
import { placeOf } from './place.ts';
import { git } from './run.ts';

/** Checks the branch out in the person's own checkout, which must be clean; answers the branch to give back, if any. */
export async function enterRoot(workspace: Workspace, tip: string): Promise<string | null> {
  const { repository, branch, path } = workspace;
  if (repository.bare) throw new LocusFailure('RepositoryInvalid', `${path} has no checkout to work in`);
  const current = await currentBranch(workspace);
  // Our own task was interrupted here: what it left is given back or cleaned by the task itself.
  if (current === branch) return null;
  if (!(await isClean(path))) {
    throw new LocusFailure('RepositoryInvalid', `${path} has changes that are not committed`, {
      remedy: 'commit or stash them, or set sprint.workspace to "worktree"',
    });
  }
  await switchTo(workspace, branch, tip);
  return current;
}

/** Gives the person's checkout back, on the branch it had. */
export async function leaveRoot(workspace: Workspace, branch: string): Promise<void> {
  if (workspace.mode !== 'root' || (await currentBranch(workspace)) === branch) return;
  await switchTo(workspace, branch, `refs/heads/${branch}`);
}

// The tree is moved before HEAD: where files are in the way, nothing has changed.
async function switchTo(workspace: Workspace, branch: string, commit: string): Promise<void> {
  const place = await placeOf(workspace);
  await alone(place.commonDir, async () => {
    await git(place, ['read-tree', '-m', '-u', 'HEAD', commit]);
    await git(place, ['symbolic-ref', '-m', `locus: to ${branch}`, 'HEAD', `refs/heads/${branch}`]);
  });
}

async function currentBranch(workspace: Workspace): Promise<string | null> {
  const head = await readFile(join(workspace.repository.commonDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)$/.exec(head.trim())?.[1] ?? null;
}
