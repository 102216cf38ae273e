import { join } from 'node:path';
import { lstat } from '../disk/at-once.ts';
import type { Workspace } from '../domain/workspace.ts';
import { isHash } from './refs.ts';
import { git, type Place } from './run.ts';

/** By commit. */
const known = new Map<string, ReadonlySet<string>>();
const mostCommits = 100;
const mostPaths = 50;

/** The names in a commit's top folder. Git is asked where a commit is not one of ours, made of another that is known. */
export async function topLevelOf(place: Place, commit: string): Promise<string[]> {
  const names = known.get(commit) ?? new Set(await listed(place, commit));
  note(commit, names);
  return [...names].sort();
}

/** A commit was made of `parent` and what lies in the workspace at these paths, which are latin1. */
export async function noteTopLevel(
  { path }: Workspace,
  { commit, parent, paths }: { readonly commit: string; readonly parent: string; readonly paths: readonly string[] },
): Promise<void> {
  const before = known.get(parent);
  if (before === undefined || paths.length > mostPaths) return;
  const found = await Promise.all(paths.map((each) => isThere(path, each)));
  // Of a removed file only git knows whether it was its folder's last one.
  if (found.includes(false)) return;
  note(commit, new Set([...before, ...paths.map((each) => each.split('/')[0] ?? each)]));
}

async function isThere(folder: string, path: string): Promise<boolean> {
  if (!/^[\x20-\x7e]+$/.test(path)) return false;
  return lstat(join(folder, path)).then(
    () => true,
    () => false,
  );
}

async function listed(place: Place, commit: string): Promise<string[]> {
  const names = await git(place, ['ls-tree', '-z', '--name-only', commit]);
  return names.split('\0').filter((name) => name !== '');
}

function note(commit: string, names: ReadonlySet<string>): void {
  if (!isHash(commit)) return;
  if (known.size >= mostCommits) known.clear();
  known.set(commit, names);
}
