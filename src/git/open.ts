import { readFile, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { baseCommit, isAncestor, moveBranch, resolveCommit } from './branches.ts';
import { hideWorktrees } from './exclude.ts';
import { notePushed, pushedTip } from './pushed.ts';
import { rememberBranch } from './remove.ts';
import { assertRootFree, enterRoot } from './root.ts';
import { setCommitAside } from './unfinished.ts';
import { ensureWorktree, linkedWorktrees, takeIndex } from './worktree.ts';

export interface WorkspaceRequest {
  readonly repository: Repository;
  readonly mode: Workspace['mode'];
  /** `sprint-<slug>` or `issue-<N>`. */
  readonly name: string;
  readonly branch: string;
  readonly baseBranch: string;
  readonly remote: string | null;
  /** With `rebase`, a branch of ours may have left the one on the remote, where nobody else pushed to that. */
  readonly updateWith?: 'merge' | 'rebase';
  /**
   * The branch is begun at what is on the remote, or at the base; what we have beyond that is set aside. `where parted`:
   * only where each has commits that the other has not.
   */
  readonly onlyPushed?: 'always' | 'where parted' | false;
}

export interface OpenedWorkspace {
  readonly workspace: Workspace;
  /** Whether the worktree is new: nothing is installed in it. */
  readonly created: boolean;
  /** The tip of its branch. The tree may be elsewhere: an interrupted attempt's is left as it is. */
  readonly tip: string;
  /** Root mode: the branch to give back with `leaveRoot`. */
  readonly returnTo: string | null;
}

/** Makes sure that the branch and its work tree are there; changes nothing in a work tree that already is. */
export async function openWorkspace(request: WorkspaceRequest): Promise<OpenedWorkspace> {
  const { repository, mode, name, branch } = request;
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) {
    throw new LocusFailure('WorkspaceBroken', `${JSON.stringify(name)} cannot be the name of a workspace`);
  }
  const path = mode === 'root' ? repository.root : join(repository.worktreesDir, name);
  await refuseTaken(request, path);
  if (mode === 'root') await assertRootFree(repository, branch);
  const tip = await ensureBranch(request);
  if (mode === 'root') {
    const workspace: Workspace = { mode, repository, name: 'root', path, branch, adminDir: null, indexFile: null };
    return { workspace, created: false, tip, returnTo: await enterRoot(workspace, tip) };
  }
  await hideWorktrees(repository);
  const indexFile = join(repository.privateDir, 'index', name);
  const planned: Workspace = { mode, repository, name, path, branch, adminDir: null, indexFile };
  const { adminDir, created } = await ensureWorktree(planned, tip);
  const workspace = { ...planned, adminDir };
  if (created) await takeIndex(workspace);
  await rememberBranch(workspace);
  // Only a git of ours that was killed leaves this one behind: one task at a time has the workspace.
  await rm(`${indexFile}.lock`, { force: true });
  return { workspace, created, tip, returnTo: null };
}

/** The branch's tip; makes the branch where it is not there, and brings it forward to the remote's. */
async function ensureBranch(request: WorkspaceRequest): Promise<string> {
  const { repository, branch, baseBranch, remote, updateWith } = request;
  const taken = (tip: string) => notePushed(repository, branch, tip);
  const [ours, theirs] = await Promise.all([
    resolveCommit(repository, `refs/heads/${branch}`),
    remote === null ? null : resolveCommit(repository, `refs/remotes/${remote}/${branch}`),
  ]);
  if (ours === null) {
    const start = theirs ?? (await baseCommit(repository, baseBranch, remote));
    await moveBranch(repository, branch, start, null, 'branch made');
    if (theirs !== null) await taken(theirs);
    return start;
  }
  const restarted = async () => {
    const start = theirs ?? (await baseCommit(repository, baseBranch, remote));
    if (!(await isAncestor(repository, ours, start))) await setCommitAside(repository, request.name, ours);
    await moveBranch(repository, branch, start, ours, 'what was never pushed is set aside');
    if (theirs !== null) await taken(theirs);
    return start;
  };
  if (request.onlyPushed === 'always') return restarted();
  if (theirs === null) return ours;
  if (await isAncestor(repository, theirs, ours)) {
    await taken(theirs);
    return ours;
  }
  if (await isAncestor(repository, ours, theirs)) {
    await moveBranch(repository, branch, theirs, ours, `brought forward to ${remote}`);
    await taken(theirs);
    return theirs;
  }
  // Rebased by us and not pushed yet: nothing there is anybody else's.
  if (updateWith === 'rebase' && theirs === (await pushedTip(repository, branch))) return ours;
  if (request.onlyPushed === 'where parted') return restarted();
  throw new LocusFailure('WorkspaceBroken', `the branch ${branch} and the one on ${remote} have different commits`, {
    remedy: `bring them together on ${branch} (merge or rebase), then \`locus run --resume\``,
  });
}

async function refuseTaken(request: WorkspaceRequest, path: string): Promise<void> {
  const { repository, branch, mode } = request;
  const taken = (where: string) =>
    new LocusFailure('WorkspaceBroken', `the branch ${branch} is checked out in ${where}`, {
      remedy: 'check out another branch there, then `locus run --resume`',
    });
  const attached = `ref: refs/heads/${branch}`;
  if (mode === 'worktree' && !repository.bare) {
    const head = await readFile(join(repository.commonDir, 'HEAD'), 'utf8').catch(() => '');
    if (head.trim() === attached) throw taken(repository.root);
  }
  for (const worktree of await linkedWorktrees(repository)) {
    // Worktrees of ours are always detached; what an agent wrote into its HEAD must not stop another run.
    const isOurs = worktree.path.startsWith(repository.worktreesDir + sep);
    if (!isOurs && worktree.path !== path && worktree.head === attached) throw taken(worktree.path);
  }
}
