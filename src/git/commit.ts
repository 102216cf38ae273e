import type { Workspace } from '../domain/workspace.ts';
import { failureOfGit } from './failure.ts';
import { knownSubjects, knownTree, noteAncestor, noteSubjects, noteTree } from './known.ts';
import { type Look, lookAt } from './look.ts';
import { broken, placeOf } from './place.ts';
import { isHash } from './refs.ts';
import { git, tryGit } from './run.ts';

export interface Author {
  readonly name: string;
  readonly email: string;
  /** As git writes it: seconds since the epoch and the zone. */
  readonly date?: string;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author?: Author;
}

/** The tree of everything in a workspace that is not ignored, on top of `head`. */
export async function writeTree(workspace: Workspace, head: string): Promise<string> {
  await addToIndex(workspace, (await changesIn(workspace, head)).paths);
  return treeOfIndex(workspace);
}

/** What a workspace has otherwise than `head`, all of it fit for a commit; our index then is at `head`. */
export async function changesIn(workspace: Workspace, head: string): Promise<Look> {
  const look = await lookAt(workspace, head);
  const [planted] = look.repositories;
  if (planted === undefined) return look;
  const name = Buffer.from(planted, 'latin1').toString();
  throw broken(workspace, `${name} is a git repository of its own, which cannot be part of the commit`);
}

/**
 * Makes our index have these files as they are now. They are added one by one: `git add` would enter a repository that an
 * agent planted, and run what its configuration names.
 */
export async function addToIndex(workspace: Workspace, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const input = Buffer.from(`${paths.join('\0')}\0`, 'latin1');
  const place = await placeOf(workspace);
  await git(place, ['update-index', '--add', '--remove', '-z', '--stdin'], { input, timeoutMs: 600_000 });
}

export async function treeOfIndex(workspace: Workspace): Promise<string> {
  return git(await placeOf(workspace), ['write-tree']);
}

/**
 * Makes a commit without touching tree, index or branch; hooks and signing do not take part. It is made by whoever git
 * knows, else by ourselves: a machine without user.name must work.
 */
export async function commitTree(workspace: Workspace, commit: NewCommit): Promise<string> {
  const place = { commonDir: workspace.repository.commonDir };
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const args = ['-c', 'user.useConfigOnly=true', 'commit-tree', commit.tree, ...parents, '-F', '-'];
  const author = authorEnvironment(commit.author);
  const made = await tryGit(place, args, { input: commit.message, env: author });
  if (made.exitCode === 0) return noted(made.stdout.trim(), commit);
  if (!/identity unknown|empty ident|auto-detection is disabled|no (name|email) was given/i.test(made.stderr)) {
    throw failureOfGit(args.slice(2), made);
  }
  return noted(await git(place, args.slice(2), { input: commit.message, env: { ...ourselves, ...author } }), commit);
}

/** What is known of a commit that we have made. */
export function noted(made: string, { tree, parents, message }: Omit<NewCommit, 'tree'> & { readonly tree?: string }) {
  if (tree !== undefined && isHash(tree)) noteTree(made, tree);
  const [parent = '', ...others] = parents;
  const before = knownSubjects(parent);
  if (before && others.length === 0) noteSubjects(made, [subjectOf(message), ...before]);
  for (const parent of parents.filter(isHash)) noteAncestor(parent, made);
  return made;
}

/** As git shows it: the lines of the first paragraph, as one. */
function subjectOf(message: string): string {
  const [paragraph = ''] = message.trimStart().split('\n\n');
  return paragraph.trimEnd().replaceAll('\n', ' ');
}

export async function treeOf(workspace: Workspace, commit: string): Promise<string> {
  const known = knownTree(commit);
  if (known !== undefined) return known;
  const tree = await git({ commonDir: workspace.repository.commonDir }, ['rev-parse', '--verify', `${commit}^{tree}`]);
  if (isHash(commit)) noteTree(commit, tree);
  return tree;
}

const ourselves = {
  GIT_AUTHOR_NAME: 'Locus',
  GIT_AUTHOR_EMAIL: 'locus@localhost',
  GIT_COMMITTER_NAME: 'Locus',
  GIT_COMMITTER_EMAIL: 'locus@localhost',
};

export function authorEnvironment(author: Author | undefined): Record<string, string> {
  if (author === undefined) return {};
  const date: Record<string, string> = author.date === undefined ? {} : { GIT_AUTHOR_DATE: author.date };
  return { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, ...date };
}
