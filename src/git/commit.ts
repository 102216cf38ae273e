import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Workspace } from '../domain/workspace.ts';
import { failureOfGit } from './failure.ts';
import { broken, makeFolder, placeOf } from './place.ts';
import { git, type Place, tryGit } from './run.ts';

export interface Author {
  readonly name: string;
  readonly email: string;
  /** As git writes it: seconds since the epoch and the zone. */
  readonly date?: string;
}

type TreePlace = Place & { readonly workTree: string };

/**
 * The tree of everything in a workspace that is not ignored, on top of `head`. Paths are added one by one: `git add`
 * would enter a repository that an agent planted, and run what its configuration names.
 */
export async function writeTree(workspace: Workspace, head: string): Promise<string> {
  const place = await placeOf(workspace);
  await readIndex(workspace, place, head);
  const paths = await changedPaths(workspace, place);
  if (paths.length > 0) {
    const input = Buffer.from(`${paths.join('\0')}\0`, 'latin1');
    await git(place, ['update-index', '--add', '--remove', '-z', '--stdin'], { input, timeoutMs: 600_000 });
  }
  return git(place, ['write-tree']);
}

/**
 * Makes a commit without touching tree, index or branch; hooks and signing do not take part. It is made by whoever git
 * knows, else by ourselves: a machine without user.name must work.
 */
export async function commitTree(
  workspace: Workspace,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author?: Author;
  },
): Promise<string> {
  const place = { commonDir: workspace.repository.commonDir };
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const args = ['-c', 'user.useConfigOnly=true', 'commit-tree', commit.tree, ...parents, '-F', '-'];
  const author = authorEnvironment(commit.author);
  const made = await tryGit(place, args, { input: commit.message, env: author });
  if (made.exitCode === 0) return made.stdout.trim();
  if (!/identity unknown|empty ident|auto-detection is disabled|no (name|email) was given/i.test(made.stderr)) {
    throw failureOfGit(args.slice(2), made);
  }
  return git(place, args.slice(2), { input: commit.message, env: { ...ourselves, ...author } });
}

export async function treeOf(workspace: Workspace, commit: string): Promise<string> {
  return git({ commonDir: workspace.repository.commonDir }, ['rev-parse', '--verify', `${commit}^{tree}`]);
}

const ourselves = {
  GIT_AUTHOR_NAME: 'Locus',
  GIT_AUTHOR_EMAIL: 'locus@localhost',
  GIT_COMMITTER_NAME: 'Locus',
  GIT_COMMITTER_EMAIL: 'locus@localhost',
};

function authorEnvironment(author: Author | undefined): Record<string, string> {
  if (author === undefined) return {};
  const date: Record<string, string> = author.date === undefined ? {} : { GIT_AUTHOR_DATE: author.date };
  return { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, ...date };
}

// Our own index keeps what it knows of unchanged files, so that they are not read again.
async function readIndex(workspace: Workspace, place: TreePlace, head: string): Promise<void> {
  if (workspace.indexFile !== null) await makeFolder(dirname(workspace.indexFile));
  const kept = await tryGit(place, ['read-tree', '--reset', head]);
  if (kept.exitCode !== 0) await git(place, ['read-tree', head]);
}

async function changedPaths(workspace: Workspace, place: TreePlace): Promise<string[]> {
  const { paths, repositories } = await look(place);
  const [planted] = repositories;
  if (planted === undefined) return paths;
  const name = Buffer.from(planted, 'latin1').toString();
  throw broken(workspace, `${name} is a git repository of its own, which cannot be part of the commit`);
}

/** The folders, as latin1, that are git repositories of their own in a workspace. */
export async function plantedRepositories(workspace: Workspace, head: string): Promise<readonly string[]> {
  const place = await placeOf(workspace);
  await readIndex(workspace, place, head);
  return (await look(place)).repositories;
}

/** Whether a workspace surely has the files of `commit` and no others; a quick look, which may answer false for the same. */
export async function isUnchanged(workspace: Workspace, commit: string): Promise<boolean> {
  const place = await placeOf(workspace);
  await readIndex(workspace, place, commit);
  return (await look(place)).paths.length === 0;
}

async function look(place: TreePlace): Promise<{ readonly paths: string[]; readonly repositories: string[] }> {
  const latin1 = { encoding: 'latin1' } as const;
  const tracked = await git(place, ['diff-files', '--name-only', '-z', '--ignore-submodules=all'], latin1);
  const others = await git(place, ['ls-files', '--others', '--exclude-standard', '-z'], latin1);
  const paths = [...new Set([...tracked.split('\0'), ...others.split('\0')])].filter((path) => path !== '');
  const repositories: string[] = [];
  for (const path of paths) {
    if (path.endsWith('/') || (await isRepository(place.workTree, path))) repositories.push(path);
  }
  return { paths, repositories };
}

// A tracked file that became a folder with a repository in it would be added as a submodule.
async function isRepository(workTree: string, path: string): Promise<boolean> {
  const root = Buffer.from(`${workTree}/`).toString('latin1');
  const found = await lstat(Buffer.from(root + path, 'latin1')).catch(() => null);
  if (!found?.isDirectory()) return false;
  return (await lstat(Buffer.from(`${root}${path}/.git`, 'latin1')).catch(() => null)) !== null;
}
