import { join } from 'node:path';
import { mkdir, realpath, rename, rm, writeFile } from '../disk/at-once.ts';
import { readSmall } from '../disk/small-file.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { isHash } from './refs.ts';
import type { Place } from './run.ts';

export type TreePlace = Place & { readonly workTree: string };

/** Where our git works for a workspace: never through the workspace's own `.git`, which an agent may have replaced. */
export async function placeOf(workspace: Workspace): Promise<TreePlace> {
  await assertFolder(workspace);
  return { commonDir: workspace.repository.commonDir, workTree: workspace.path, indexFile: workspace.indexFile };
}

/**
 * The commit that an agent left as HEAD. HEAD is read as text, because git would follow whatever the agent made of it.
 * The commit may be missing in our objects: the agent's may be elsewhere.
 */
export async function readHead(workspace: Workspace, isAllowed: (branch: string) => boolean): Promise<string> {
  const text = readSmall(join(workspace.adminDir ?? workspace.repository.commonDir, 'HEAD'))?.trim();
  if (text === undefined) throw broken(workspace, 'its HEAD is not a usable file');
  if (isHash(text)) return text;
  const branch = /^ref: refs\/heads\/([^\s~^:?*[\\]+)$/.exec(text)?.[1];
  if (branch === undefined) throw broken(workspace, 'its HEAD names neither a commit nor a branch');
  if (branch !== workspace.branch && !isAllowed(branch)) {
    throw broken(workspace, `the agent switched to the branch ${branch}, which is not its own`);
  }
  const commit = await resolveCommit(workspace.repository, `refs/heads/${branch}`);
  if (commit === null) throw broken(workspace, `its HEAD is on the branch ${branch}, which has no commits`);
  return commit;
}

/** Makes a worktree's HEAD name `commit`. In root mode HEAD stays on the branch. */
export async function writeHead(workspace: Workspace, commit: string): Promise<void> {
  if (workspace.adminDir === null) return;
  await keepFile(join(workspace.adminDir, 'HEAD'), `${commit}\n`);
}

/** Replaces a file by a rename: whatever an agent put in its place, a symlink included, is not followed. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${path}.${process.pid}-${counter++}.tmp`;
  const write = () => writeFile(fresh, content, { flag: 'wx' });
  await write().catch((error: unknown) => unlessInTheWay(error, fresh).then(write));
  const place = () => rename(fresh, path);
  await place().catch((error: unknown) => unlessInTheWay(error, path).then(place));
}

/** The same for a small file that most often is as it should be: each new one costs the disk a place to be found. */
export async function keepFile(path: string, content: string): Promise<void> {
  if (readSmall(path) !== content) await replaceFile(path, content);
}

/** What is in the way of a file goes; any other error stays one. */
async function unlessInTheWay(error: unknown, path: string): Promise<void> {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['EEXIST', 'EISDIR', 'ENOTEMPTY'].includes(code)) throw error;
  await rm(path, { recursive: true, force: true });
}

export function broken(workspace: Pick<Workspace, 'path'>, why: string): LocusFailure {
  return new LocusFailure('WorkspaceBroken', `the workspace ${workspace.path} cannot be used: ${why}`);
}

export async function makeFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

let counter = 0;

async function assertFolder(workspace: Workspace): Promise<void> {
  const real = await realpath(workspace.path).catch(() => null);
  if (real === null) throw broken(workspace, 'its folder is gone');
  if (real !== workspace.path) throw broken(workspace, 'its folder was replaced by a link');
}
