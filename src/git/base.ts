import { LocusFailure } from '../domain/failures.ts';
import type { Workspace } from '../domain/workspace.ts';
import { isAncestor, moveBranch, resolveCommit } from './branches.ts';
import { cleanWorkspace } from './clean.ts';
import { commitTree, treeOf } from './commit.ts';
import { failureOfGit } from './failure.ts';
import { isHash } from './refs.ts';
import { git, tryGit } from './run.ts';

export interface BaseRequest {
  /** A commit that is there, or a name of it. */
  readonly base: string;
  /** What people call it. */
  readonly baseBranch: string;
  readonly tip: string;
  /** Whether the remote has the branch. */
  readonly pushed: boolean;
  readonly updateWith: 'merge' | 'rebase';
}

export interface Updated {
  readonly tip: string;
  readonly how: 'current' | 'reset' | 'rebased' | 'merged';
}

/**
 * Brings the base into a workspace's branch. A branch without commits of its own is reset to it, one that nobody else
 * has seen is rebased, another gets it merged. A conflict changes nothing and names the files.
 */
export async function bringBaseIn(workspace: Workspace, request: BaseRequest): Promise<Updated> {
  const { repository } = workspace;
  const { tip } = request;
  const base = isHash(request.base) ? request.base : await resolveCommit(repository, request.base);
  if (base === null)
    throw new LocusFailure('RepositoryInvalid', `the base branch ${request.baseBranch} does not exist`);
  if (await isAncestor(repository, base, tip)) return { tip, how: 'current' };
  const updated = await update(workspace, base, request);
  await moveBranch(repository, workspace.branch, updated.tip, tip, `${updated.how} with ${request.baseBranch}`);
  await cleanWorkspace(workspace, updated.tip);
  return updated;
}

async function update(workspace: Workspace, base: string, request: BaseRequest): Promise<Updated> {
  const { tip, pushed, updateWith } = request;
  if (await isAncestor(workspace.repository, tip, base)) return { tip: base, how: 'reset' };
  // The whole merge is tried first: it tells all files that conflict, a rebase only those of its first commit.
  const tree = await mergeTrees(workspace, request, tip, base);
  if (!pushed || updateWith === 'rebase') {
    const rebased = await replay(workspace, base, request);
    if (rebased !== null) return { tip: rebased, how: 'rebased' };
  }
  const message = `Merge ${request.baseBranch} into ${workspace.branch}\n`;
  return { tip: await commitTree(workspace, { tree, parents: [tip, base], message }), how: 'merged' };
}

async function mergeTrees(workspace: Workspace, request: BaseRequest, ours: string, theirs: string): Promise<string> {
  const merged = await tryMerge(workspace, ours, theirs);
  if (merged.tree !== null) return merged.tree;
  const { branch } = workspace;
  const { files } = merged;
  const shown = `${files.slice(0, 10).join(', ')}${files.length > 10 ? ` and ${files.length - 10} more` : ''}`;
  throw new LocusFailure('BaseConflict', `${branch} conflicts with ${request.baseBranch} in ${shown}`, {
    files,
    remedy: `merge ${request.baseBranch} into ${branch} and resolve the conflict there, then \`locus run --resume\``,
  });
}

interface Merged {
  readonly tree: string | null;
  readonly files: readonly string[];
}

async function tryMerge(workspace: Workspace, ours: string, theirs: string): Promise<Merged> {
  const { repository } = workspace;
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const result = await tryGit(repository, args);
  const [tree = '', ...files] = result.stdout.split('\0').filter((part) => part !== '');
  if (result.exitCode === 0) return { tree, files: [] };
  if (result.exitCode === 1) return { tree: null, files: [...new Set(files)] };
  if (/unrelated histories/.test(result.stderr)) {
    throw new LocusFailure('BaseConflict', `${workspace.branch} and its base have no commit in common`, { files: [] });
  }
  throw failureOfGit(args, result);
}

/** Puts the branch's commits on the base, authors and messages kept; null where one of them alone conflicts. */
async function replay(workspace: Workspace, base: string, request: BaseRequest): Promise<string | null> {
  const { repository } = workspace;
  const range = ['rev-list', '--reverse', '--topo-order', '--parents', request.tip, `^${base}`];
  const lines = (await git(repository, range)).split('\n').map((line) => line.split(' '));
  // A merge has no single change to replay.
  if (lines.some((line) => line.length !== 2)) return null;
  let onto = base;
  for (const [commit = '', parent = ''] of lines) {
    const tree = await cherryPick(workspace, { commit, parent, onto });
    if (tree === null) return null;
    const isEmpty = tree === (await treeOf(workspace, onto));
    // The base has this change already.
    if (isEmpty && (await treeOf(workspace, parent)) !== (await treeOf(workspace, commit))) continue;
    onto = await commitAgain(workspace, { commit, tree, parent: onto });
  }
  return onto;
}

async function cherryPick(
  workspace: Workspace,
  pick: { readonly commit: string; readonly parent: string; readonly onto: string },
): Promise<string | null> {
  // Before git 2.40 merge-tree takes no merge base: a commit with the wanted parent has the same one.
  const stand = await commitTree(workspace, {
    tree: await treeOf(workspace, pick.onto),
    parents: [pick.parent],
    message: 'stand-in\n',
  });
  return (await tryMerge(workspace, stand, pick.commit)).tree;
}

async function commitAgain(
  workspace: Workspace,
  again: { readonly commit: string; readonly tree: string; readonly parent: string },
): Promise<string> {
  const format = ['show', '--no-patch', '--no-show-signature', '--date=raw', '--format=%an%n%ae%n%ad%n%B'];
  const shown = await git(workspace.repository, [...format, '--encoding=UTF-8', again.commit]);
  const [name = '', email = '', date = '', ...message] = shown.split('\n');
  return commitTree(workspace, {
    tree: again.tree,
    parents: [again.parent],
    message: `${message.join('\n').trimEnd()}\n`,
    author: { name, email, date },
  });
}
