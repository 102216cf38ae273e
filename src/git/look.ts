import { dirname } from 'node:path';
import { lstat } from '../disk/at-once.ts';
import type { Workspace } from '../domain/workspace.ts';
import { gitDirAt } from './own-git-dir.ts';
import { makeFolder, placeOf, type TreePlace } from './place.ts';
import { git, tryGit } from './run.ts';

export interface Look {
  /** Files that are not as the commit has them, or that it does not have; as latin1. Ignored ones are none of them. */
  readonly paths: readonly string[];
  /** Those of them that are git repositories of their own. */
  readonly repositories: readonly string[];
  /** Whether there may be more than that: a `.gitignore` that is itself ignored, a folder that git could not read. */
  readonly doubtful: boolean;
}

/** What a workspace holds beside the files of `commit`. Our index then has the tree of that commit. */
export async function lookAt(workspace: Workspace, commit: string): Promise<Look> {
  const place = await placeOf(workspace);
  const { entries, warned } =
    (await statusAt(workspace, place, commit)) ?? (await statusAnew(workspace, place, commit));
  const paths = entries.filter(isOurs).map(pathOf);
  const repositories: string[] = [];
  for (const path of paths) {
    if (path.endsWith('/') || (await isRepository(place.workTree, path))) repositories.push(path);
  }
  const hides = entries.some((entry) => entry.startsWith('! ') && /(^! |\/)\.gitignore$/.test(entry));
  return { paths, repositories, doubtful: hides || warned };
}

/** By folder: the commit that holds all of it, and when that was so. */
const collected = new Map<string, { readonly commit: string; readonly at: number }>();
const mostCollected = 100;
/** Nobody but a program of ours goes on so soon. */
const freshMs = 200;

/** All of a workspace that is not ignored is in this commit now. */
export function noteCollected({ path }: Workspace, commit: string): void {
  if (collected.size >= mostCollected) collected.clear();
  collected.set(path, { commit, at: performance.now() });
}

/** What `lookAt` tells, which is known right after the work in there was collected. */
export async function lookAgain(workspace: Workspace, commit: string): Promise<Look> {
  const known = collected.get(workspace.path);
  collected.delete(workspace.path);
  const isFresh = known?.commit === commit && performance.now() - known.at < freshMs;
  return isFresh ? { paths: [], repositories: [], doubtful: false } : lookAt(workspace, commit);
}

/** Our own index keeps what it knows of unchanged files, so that they are not read again. */
async function statusAnew(workspace: Workspace, place: TreePlace, commit: string): Promise<Status> {
  if (workspace.indexFile !== null) await makeFolder(dirname(workspace.indexFile));
  const kept = await tryGit(place, ['read-tree', '--reset', commit]);
  if (kept.exitCode !== 0) await git(place, ['read-tree', commit]);
  const status = await statusAt(workspace, place, commit);
  if (status === null) throw new Error(`the index of ${workspace.path} does not become ${commit}`);
  return status;
}

interface Status {
  readonly entries: readonly string[];
  readonly warned: boolean;
}

/** What `git status` tells; null where our index is not, or cannot be told to be, at the commit. */
async function statusAt(workspace: Workspace, place: TreePlace, commit: string): Promise<Status | null> {
  // `dirty`: which commit of a submodule is wanted counts, what lies in it does not, and no git runs there.
  const options = ['--untracked-files=all', '--ignored=matching', '--no-renames', '--ignore-submodules=dirty'];
  const ours = { ...place, gitDir: await gitDirAt(workspace, commit) };
  const said = await tryGit(ours, ['status', '--porcelain=v2', '-z', ...options], { encoding: 'latin1' });
  if (said.exitCode !== 0) return null;
  const entries = said.stdout.split('\0').filter((entry) => entry !== '');
  return entries.some(isStaged) ? null : { entries, warned: said.stderr !== '' };
}

// A changed entry is `1 XY …`, where X tells the index from HEAD and Y the file from the index; `u` has no single version.
function isStaged(entry: string): boolean {
  return /^(1 [^.]|[2u] )/.test(entry);
}

// Where a submodule of the commit stands is the agent's to commit itself. `1 XY sub mH mI mW …`: the fifth is the mode that
// our index has; a file that became a repository is none of these.
function isOurs(entry: string): boolean {
  return (entry.startsWith('1 ') && entry.split(' ')[4] !== '160000') || entry.startsWith('? ');
}

function pathOf(entry: string): string {
  return entry.startsWith('? ') ? entry.slice(2) : entry.split(' ').slice(8).join(' ');
}

// A tracked file that became a folder with a repository in it would be added as a submodule.
async function isRepository(workTree: string, path: string): Promise<boolean> {
  const root = Buffer.from(`${workTree}/`).toString('latin1');
  const found = await lstat(Buffer.from(root + path, 'latin1')).catch(() => null);
  if (!found?.isDirectory()) return false;
  return (await lstat(Buffer.from(`${root}${path}/.git`, 'latin1')).catch(() => null)) !== null;
}
