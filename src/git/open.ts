import { join, sep } from 'node:path';
import { readFile, rm } from '../disk/at-once.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { baseCommit, isAncestor, moveBranch, resolveCommit } from './branches.ts';
import { hideWorktrees } from './exclude.ts';
import { notePushed, pushedTip } from './pushed.ts';
import { rememberBranch } from './remove.ts';
import { assertRootFree, enterRoot } from './root.ts';
import { git } from './run.ts';
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
  /** A commit that the branch must have then; where it would not, nothing is changed. */
  readonly builtOn?: string;
  /** Its commits may be others by now, where a person has rebased or squashed them: then it has some at least. */
  readonly mayBeRemade?: boolean;
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
  const { repository, branch, remote, builtOn } = request;
  const [ours, theirs] = await Promise.all([
    resolveCommit(repository, `refs/heads/${branch}`),
    remote === null ? null : resolveCommit(repository, `refs/remotes/${remote}/${branch}`),
  ]);
  const { tip, why } = await wantedTip(request, ours, theirs);
  if (builtOn !== undefined && !(await isAncestor(repository, builtOn, tip))) {
    if (!request.mayBeRemade || !(await hasCommits(request, tip))) throw notBuiltOn(branch, builtOn);
  }
  if (ours !== null && !(await isAncestor(repository, ours, tip))) await setCommitAside(repository, request.name, ours);
  if (tip !== ours) await moveBranch(repository, branch, tip, ours, why);
  // Before it is rebased for the first time, also where it was pushed while nothing was to be rebased.
  if (theirs !== null && request.updateWith === 'rebase') await notePushed(repository, branch, theirs);
  return tip;
}

/** Whether there is anything there that the base has not. */
async function hasCommits({ repository, baseBranch, remote }: WorkspaceRequest, tip: string): Promise<boolean> {
  const base = await baseCommit(repository, baseBranch, remote);
  const { commonDir } = repository;
  return (await git({ commonDir }, ['rev-list', '-n1', tip, `^${base}`])) !== '';
}

/** Where the branch is to stand, and why it is moved there. */
async function wantedTip(
  { repository, branch, baseBranch, remote, updateWith, onlyPushed }: WorkspaceRequest,
  ours: string | null,
  theirs: string | null,
): Promise<{ readonly tip: string; readonly why: string }> {
  const start = async (why: string) => ({ tip: theirs ?? (await baseCommit(repository, baseBranch, remote)), why });
  const restarted = () => start('what was never pushed is set aside');
  if (ours === null) return start('branch made');
  if (onlyPushed === 'always') return restarted();
  const asItIs = { tip: ours, why: '' };
  if (theirs === null || (await isAncestor(repository, theirs, ours))) return asItIs;
  if (await isAncestor(repository, ours, theirs)) return { tip: theirs, why: `brought forward to ${remote}` };
  // Rebased by us and not pushed yet: nothing there is anybody else's.
  if (updateWith === 'rebase' && theirs === (await pushedTip(repository, branch))) return asItIs;
  if (onlyPushed === 'where parted') return restarted();
  throw new LocusFailure('WorkspaceBroken', `the branch ${branch} and the one on ${remote} have different commits`, {
    remedy: `bring them together on ${branch} (merge or rebase), then \`locus run --resume\``,
  });
}

function notBuiltOn(branch: string, commit: string): LocusFailure {
  const message = `the work of the sprints before it is not on ${branch} here: commit ${commit.slice(0, 12)}`;
  return new LocusFailure('WorkspaceBroken', message, {
    remedy: 'bring it to the branch and `locus resume`, or `locus stop` and start the plan again',
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
