import { constants, copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lstat, readdir, realpath, rm } from '../disk/at-once.ts';
import { readSmall } from '../disk/small-file.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { alone } from './lock.ts';
import { broken, keepFile, makeFolder } from './place.ts';
import { git } from './run.ts';

/** A linked worktree as the repository's own files tell it; git is not asked, since an agent may write its HEAD. */
export interface LinkedWorktree {
  readonly path: string;
  readonly adminDir: string;
  readonly head: string;
  readonly locked: boolean;
}

export async function linkedWorktrees(repository: Repository): Promise<LinkedWorktree[]> {
  const folder = join(repository.commonDir, 'worktrees');
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(names.map((name) => readAdminDir(join(folder, name))));
  return found.filter((worktree) => worktree !== null);
}

/** Of many that run side by side only one is read where git has called it as its folder is called. */
async function worktreeAt(repository: Repository, path: string): Promise<LinkedWorktree | undefined> {
  const usual = await readAdminDir(join(repository.commonDir, 'worktrees', basename(path)));
  if (usual?.path === path) return usual;
  return (await linkedWorktrees(repository)).find((worktree) => worktree.path === path);
}

/** Makes the worktree of a workspace, detached at `commit`, or repairs what is left of it. Answers whether it is new. */
export async function ensureWorktree(
  workspace: Workspace,
  commit: string,
): Promise<{ adminDir: string; created: boolean }> {
  const { repository, path } = workspace;
  return alone(repository.commonDir, async () => {
    const registered = await worktreeAt(repository, path);
    const folder = await lstat(path).catch(() => null);
    if (folder !== null && !folder.isDirectory()) throw broken(workspace, 'something else is in its place');
    if (folder !== null && registered === undefined && (await readdir(path)).length > 0) {
      const moved = `or, where the repository was moved, run \`git worktree repair ${path}\``;
      throw broken(
        workspace,
        `a folder that is no worktree of this repository is in its place; move it away, ${moved}`,
      );
    }
    if (folder !== null && registered !== undefined) {
      await repairLinks(path, registered.adminDir);
      return { adminDir: registered.adminDir, created: false };
    }
    // The folder was deleted by hand: what git remembers of it is in the way, a lock included.
    if (registered !== undefined) await rm(registered.adminDir, { recursive: true, force: true });
    await addWorktree(workspace, commit);
    return { adminDir: await adminDirOf(repository, path), created: true };
  });
}

/** Makes the links between a worktree and its git folder what they must be, whatever an agent made of them. */
export async function repairLinks(path: string, adminDir: string): Promise<void> {
  await Promise.all([
    keepFile(join(path, '.git'), `gitdir: ${adminDir}\n`),
    keepFile(join(adminDir, 'commondir'), '../..\n'),
    keepFile(join(adminDir, 'gitdir'), `${join(path, '.git')}\n`),
  ]);
}

/** Copies the index that `worktree add` wrote to our own place: it knows all files, so nothing has to be read again. */
export async function takeIndex(workspace: Workspace): Promise<void> {
  if (workspace.indexFile === null || workspace.adminDir === null) return;
  await makeFolder(dirname(workspace.indexFile));
  await rm(`${workspace.indexFile}.lock`, { force: true });
  await copyFile(join(workspace.adminDir, 'index'), workspace.indexFile);
}

/** Puts our index where git in the worktree itself, a person's or an agent's, looks for one. */
export async function giveIndex(workspace: Workspace): Promise<void> {
  if (workspace.indexFile === null || workspace.adminDir === null) return;
  const theirs = join(workspace.adminDir, 'index');
  await rm(theirs, { force: true, recursive: true });
  await copyFile(workspace.indexFile, theirs, constants.COPYFILE_EXCL);
}

async function addWorktree(workspace: Workspace, commit: string): Promise<void> {
  const { repository, path } = workspace;
  await makeFolder(dirname(path));
  if ((await realpath(dirname(path))) !== dirname(path)) throw broken(workspace, 'its parent folder is a link');
  await git(repository, ['worktree', 'add', '--quiet', '--detach', path, commit], { timeoutMs: 600_000 });
}

async function adminDirOf(repository: Repository, path: string): Promise<string> {
  const worktree = await worktreeAt(repository, path);
  if (worktree) return worktree.adminDir;
  throw new LocusFailure('WorkspaceBroken', `git made the worktree ${path} but does not know it`);
}

async function readAdminDir(adminDir: string): Promise<LinkedWorktree | null> {
  const gitFile = readSmall(join(adminDir, 'gitdir'))?.trim();
  if (gitFile === undefined || basename(gitFile) !== '.git') return null;
  const head = readSmall(join(adminDir, 'HEAD'))?.trim() ?? '';
  const locked = (await lstat(join(adminDir, 'locked')).catch(() => null)) !== null;
  return { path: dirname(gitFile), adminDir, head, locked };
}
