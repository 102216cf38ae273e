import { basename, join, sep } from 'node:path';
import { mkdir, readdir, readFile, rm } from '../disk/at-once.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { treeOf, writeTree } from './commit.ts';
import { erase } from './erase.ts';
import { alone } from './lock.ts';
import { ownGitDirs } from './own-git-dir.ts';
import { readHead, replaceFile } from './place.ts';
import { git } from './run.ts';
import { linkedWorktrees } from './worktree.ts';

export interface RemovalOptions {
  /** With a remote, a branch that it does not have keeps its workspace. */
  readonly remote: string | null;
  /** Removes it whatever it holds. */
  readonly force?: boolean;
  /** Asked last, when nobody else can make or take a workspace: false keeps it. */
  readonly stillFree?: () => Promise<boolean>;
}

/** The worktrees of this repository that are ours. */
export async function listWorkspaces(repository: Repository): Promise<Workspace[]> {
  const worktrees = await linkedWorktrees(repository);
  const ours = worktrees.filter((worktree) => worktree.path.startsWith(repository.worktreesDir + sep));
  return Promise.all(
    ours.map(async ({ path, adminDir }) => {
      const name = basename(path);
      const branch = await readFile(branchFile(repository, name), 'utf8').catch(() => `locus/${name}`);
      const indexFile = join(repository.privateDir, 'index', name);
      return { mode: 'worktree' as const, repository, name, path, branch: branch.trim(), adminDir, indexFile };
    }),
  );
}

/** Remembers the branch of a workspace: its HEAD, detached and the agent's to write, does not tell it. */
export async function rememberBranch(workspace: Workspace): Promise<void> {
  const file = branchFile(workspace.repository, workspace.name);
  if ((await readFile(file, 'utf8').catch(() => '')) === workspace.branch) return;
  await mkdir(join(workspace.repository.privateDir, 'branches'), { recursive: true, mode: 0o700 });
  await replaceFile(file, workspace.branch);
}

/** The file that says which run a workspace belongs to; it goes with the workspace. */
export function runNote(repository: Repository, name: string): string {
  return join(repository.privateDir, `${name}.run`);
}

/** The file that says since which claim of this host a workspace was made ready by its run. */
export function claimNote(repository: Repository, name: string): string {
  return join(repository.privateDir, `${name}.claim`);
}

/** Removes a worktree, never its branch; refuses where that would lose work, unless told. Answers whether it is gone. */
export async function removeWorkspace(workspace: Workspace, options: RemovalOptions): Promise<boolean> {
  if (workspace.mode === 'root') return false;
  const held = options.force ? null : await whatIsHeld(workspace, options.remote);
  if (held !== null) {
    throw new LocusFailure('WorkspaceBroken', `the workspace ${workspace.path} is kept: ${held}`, {
      remedy: 'push or drop that work, then remove it',
    });
  }
  const { repository, name, path, adminDir, indexFile } = workspace;
  // git's own `worktree remove` would run `git status` through the workspace's `.git`, which an agent may have replaced.
  return alone(repository.commonDir, async () => {
    if (options.stillFree && !(await options.stillFree())) return false;
    await erase(path);
    if (adminDir !== null) await rm(adminDir, { recursive: true, force: true });
    if (indexFile !== null) await rm(indexFile, { force: true });
    for (const folder of ownGitDirs(repository, name)) await rm(folder, { recursive: true, force: true });
    await rm(branchFile(repository, name), { force: true });
    await rm(runNote(repository, name), { force: true });
    await rm(claimNote(repository, name), { force: true });
    return true;
  });
}

/** Removes the named worktrees, but none that holds anything; answers the names of the removed ones. */
export async function pruneWorkspaces(
  repository: Repository,
  options: {
    readonly remove: readonly string[];
    readonly remote: string | null;
    readonly stillFree?: (name: string) => Promise<boolean>;
  },
): Promise<string[]> {
  const removed: string[] = [];
  const { remove, remote, stillFree = async () => true } = options;
  for (const workspace of await listWorkspaces(repository)) {
    const { name } = workspace;
    if (!remove.includes(name) || !(await stillFree(name))) continue;
    if ((await whatIsHeld(workspace, remote)) !== null) continue;
    const isGone = await removeWorkspace(workspace, { remote, force: true, stillFree: () => stillFree(name) });
    if (isGone) removed.push(name);
  }
  return removed;
}

/** What would be lost, or has not arrived, in words; null where the workspace holds nothing. */
export async function whatIsHeld(workspace: Workspace, remote: string | null): Promise<string | null> {
  const { repository, branch } = workspace;
  const entries = await readdir(workspace.path).catch(() => null);
  if (entries === null) return null;
  const tip = await resolveCommit(repository, `refs/heads/${branch}`);
  try {
    const head = await readHead(workspace, () => true);
    if (head !== tip) {
      if ((await resolveCommit(repository, head)) === null) return 'it has commits that were never taken over';
      if (!(await isOnAny(repository, head))) return 'it has commits that are on no branch';
    }
    if ((await writeTree(workspace, head)) !== (await treeOf(workspace, head))) return 'it has changes';
  } catch (error) {
    if (error instanceof LocusFailure) return error.message;
    throw error;
  }
  if (remote === null || tip === null) return null;
  const theirs = `refs/remotes/${remote}`;
  // git would look at every ref there is, thousands perhaps, where most often one says it.
  if ((await resolveCommit(repository, `${theirs}/${branch}`)) === tip) return null;
  return (await isOnAny(repository, tip, theirs))
    ? null
    : `its branch ${branch} has commits that ${remote} does not have`;
}

async function isOnAny(repository: Repository, commit: string, ...among: readonly string[]): Promise<boolean> {
  return (await git(repository, ['for-each-ref', '--count=1', '--contains', commit, ...among])) !== '';
}

function branchFile(repository: Repository, name: string): string {
  return join(repository.privateDir, 'branches', name);
}
