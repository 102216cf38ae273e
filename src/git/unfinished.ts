import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { cleanWorkspace } from './clean.ts';
import { agentHead, type WorkRequest } from './collect.ts';
import { commitTree, treeOf, writeTree } from './commit.ts';
import { alone } from './lock.ts';
import { placeOf, writeHead } from './place.ts';
import { git } from './run.ts';

export const unfinishedPrefix = 'refs/locus/wip/';

const message = 'Unfinished changes, kept by locus\n';

/**
 * Keeps what an interrupted attempt left, its commits and its uncommitted files, on a ref outside the branches, and
 * puts the tree back to `start`. Answers the kept commit, or null where there was nothing to keep.
 */
export async function keepUnfinished(
  workspace: Workspace,
  request: Pick<WorkRequest, 'start' | 'objectsDir' | 'defaultBranch'> & { readonly ref: string },
): Promise<string | null> {
  const { start, ref } = request;
  // Commits that cannot be used are given up; the files they led to are not.
  const head = await agentHead(workspace, request).catch((error: unknown) => {
    if (error instanceof LocusFailure && error.type === 'WorkspaceBroken') return start;
    throw error;
  });
  const tree = await writeTree(workspace, head);
  const nothing = head === start && tree === (await treeOf(workspace, start));
  if (nothing) {
    await cleanWorkspace(workspace, start);
    return null;
  }
  const kept = await commitTree(workspace, { tree, parents: [head], message });
  const { repository } = workspace;
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-m', 'locus: unfinished', ref, kept]));
  await cleanWorkspace(workspace, start);
  return kept;
}

/**
 * Puts what was kept back into the workspace: the attempt's commits as HEAD, its other changes uncommitted. Answers
 * false, with the workspace as it was, where nothing is kept or it belongs to another start.
 */
export async function giveBackUnfinished(
  workspace: Workspace,
  request: { readonly ref: string; readonly start: string },
): Promise<boolean> {
  const { repository } = workspace;
  const kept = await resolveCommit(repository, request.ref);
  if (kept === null) return false;
  const head = await resolveCommit(repository, `${kept}^1`);
  const follows = await git(repository, ['rev-list', '--count', request.start, `^${kept}`]);
  if (head === null || follows !== '0') return false;
  await cleanWorkspace(workspace, head);
  const place = await placeOf(workspace);
  // The tree goes to the disk through our index, which then forgets again what HEAD does not have.
  await git(place, ['read-tree', '-m', '-u', head, kept], { timeoutMs: 600_000 });
  await git(place, ['read-tree', '--reset', head]);
  await writeHead(workspace, head);
  return true;
}

export async function dropUnfinished(repository: Repository, ref: string): Promise<void> {
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-d', ref]));
}
