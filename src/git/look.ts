import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Workspace } from '../domain/workspace.ts';
import { makeFolder, placeOf, replaceFile } from './place.ts';
import { git, type Place, tryGit } from './run.ts';

export interface Look {
  /** Files that are not as the commit has them, or that it does not have; as latin1. Ignored ones are none of them. */
  readonly paths: readonly string[];
  /** Those of them that are git repositories of their own. */
  readonly repositories: readonly string[];
  /** Whether there is a `.gitignore` that is itself ignored: it may hide files. */
  readonly hides: boolean;
}

type TreePlace = Place & { readonly workTree: string };

/** What a workspace holds beside the files of `commit`. Our index then has the tree of that commit. */
export async function lookAt(workspace: Workspace, commit: string): Promise<Look> {
  const place = await placeOf(workspace);
  const entries = (await statusAt(workspace, place, commit)) ?? (await statusAnew(workspace, place, commit));
  const paths = entries.filter(isOurs).map(pathOf);
  const repositories: string[] = [];
  for (const path of paths) {
    if (path.endsWith('/') || (await isRepository(place.workTree, path))) repositories.push(path);
  }
  const hides = entries.some((entry) => entry.startsWith('! ') && /(^! |\/)\.gitignore$/.test(entry));
  return { paths, repositories, hides };
}

/** Our own index keeps what it knows of unchanged files, so that they are not read again. */
async function statusAnew(workspace: Workspace, place: TreePlace, commit: string): Promise<string[]> {
  if (workspace.indexFile !== null) await makeFolder(dirname(workspace.indexFile));
  const kept = await tryGit(place, ['read-tree', '--reset', commit]);
  if (kept.exitCode !== 0) await git(place, ['read-tree', commit]);
  const entries = await statusAt(workspace, place, commit);
  if (entries === null) throw new Error(`the index of ${workspace.path} does not become ${commit}`);
  return entries;
}

/** Entries of `git status`; null where our index is not, or cannot be told to be, at the commit. */
async function statusAt(workspace: Workspace, place: TreePlace, commit: string): Promise<string[] | null> {
  const options = ['--untracked-files=all', '--ignored=matching', '--no-renames', '--ignore-submodules=all'];
  const ours = { ...place, gitDir: await gitDirAt(workspace, commit) };
  const said = await tryGit(ours, ['status', '--porcelain=v2', '-z', ...options], { encoding: 'latin1' });
  if (said.exitCode !== 0) return null;
  const entries = said.stdout.split('\0').filter((entry) => entry !== '');
  return entries.some(isStaged) ? null : entries;
}

/** A git folder of our own, which no agent can write to, with its HEAD at the commit. */
async function gitDirAt({ repository, name }: Workspace, commit: string): Promise<string> {
  const folder = await makeFolder(headFolder(repository.privateDir, name));
  await replaceFile(join(folder, 'HEAD'), `${commit}\n`);
  return folder;
}

export function headFolder(privateDir: string, name: string): string {
  return join(privateDir, 'heads', name);
}

// A changed entry is `1 XY …`, where X tells the index from HEAD and Y the file from the index; `u` has no single version.
function isStaged(entry: string): boolean {
  return /^(1 [^.]|[2u] )/.test(entry);
}

function isOurs(entry: string): boolean {
  return entry.startsWith('1 ') || entry.startsWith('? ');
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
