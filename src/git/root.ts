import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { isClean } from './discover.ts';
import { alone } from './lock.ts';
import { placeOf } from './place.ts';
import { git } from './run.ts';

/** Refuses a checkout that cannot be worked in, before anything is made for it. */
export async function assertRootFree(repository: Repository, branch: string): Promise<void> {
  const { root } = repository;
  if (repository.bare) throw new LocusFailure('RepositoryInvalid', `${root} has no checkout to work in`);
  // On the branch already: a task of ours was interrupted here, and what it left is its own to give back or clean.
  if ((await currentBranch(repository)) === branch || (await isClean(root))) return;
  throw new LocusFailure('RepositoryInvalid', `${root} has changes that are not committed`, {
    remedy: 'commit or stash them, or set sprint.workspace to "worktree"',
  });
}

/** Checks the branch out in the person's own checkout; answers the branch to give back, if any. */
export async function enterRoot(workspace: Workspace, tip: string): Promise<string | null> {
  const current = await currentBranch(workspace.repository);
  if (current === workspace.branch) return null;
  await switchTo(workspace, workspace.branch, tip);
  return current;
}

/** Gives the person's checkout back, on the branch it had. */
export async function leaveRoot(workspace: Workspace, branch: string): Promise<void> {
  if (workspace.mode !== 'root' || (await currentBranch(workspace.repository)) === branch) return;
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

async function currentBranch(repository: Repository): Promise<string | null> {
  const head = await readFile(join(repository.commonDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)$/.exec(head.trim())?.[1] ?? null;
}
