import { isProtected } from '../domain/guard.ts';
import type { Workspace } from '../domain/workspace.ts';
import { isAncestor, moveBranch, resolveCommit } from './branches.ts';
import { type Author, addToIndex, changesIn, commitTree, treeOf, treeOfIndex } from './commit.ts';
import { commitIndex } from './commit-index.ts';
import { noteCollected } from './look.ts';
import { importCommits } from './objects.ts';
import { broken, readHead, writeHead } from './place.ts';
import { git } from './run.ts';
import { noteTopLevel } from './top-level.ts';
import { giveIndex } from './worktree.ts';

export interface WorkRequest {
  /** The commit that the task began at. */
  readonly start: string;
  /** Where the agent's own objects went; null where it wrote into the repository itself. */
  readonly objectsDir: string | null;
  /** Message of the commit for what the agent left uncommitted, trailers included. */
  readonly message: string;
  readonly author?: Author;
  readonly defaultBranch?: string | null;
}

export interface Work {
  /** Equal to `start` where nothing changed. */
  readonly commit: string;
  /** Commits that the agent made itself. */
  readonly ownCommits: number;
  /** Whether a commit of ours holds what it left. */
  readonly leftover: boolean;
  /** Files that differ between `start` and `commit`. */
  readonly files: number;
}

/**
 * Turns what an agent left into commits on the workspace's branch: its own stay as they are, the rest becomes one of
 * ours. Doing it again changes nothing.
 */
export async function collectWork(workspace: Workspace, request: WorkRequest): Promise<Work> {
  const { start } = request;
  const head = await agentHead(workspace, request);
  const { paths, doubtful } = await changesIn(workspace, head);
  const commit = await commitRest(workspace, { head, paths }, request);
  await noteTopLevel(workspace, { commit, parent: head, paths });
  // HEAD first, where git has not moved the branch already: a crash in between finds the commit again either way.
  await writeHead(workspace, commit);
  await giveIndex(workspace);
  await advanceBranch(workspace, start, commit);
  if (!doubtful) noteCollected(workspace, commit);
  const leftover = commit !== head;
  if (head === start) return { commit, ownCommits: 0, leftover, files: leftover ? paths.length : 0 };
  const [ownCommits, files] = await Promise.all([
    countCommits(workspace, start, head),
    countFiles(workspace, start, commit),
  ]);
  return { commit, ownCommits, leftover, files };
}

/** The agent's HEAD, with all its objects in the repository and `start` among its ancestors. */
export async function agentHead(
  workspace: Workspace,
  request: Pick<WorkRequest, 'start' | 'objectsDir' | 'defaultBranch'>,
): Promise<string> {
  const head = await readHead(workspace, (branch) => !isProtected(branch, request.defaultBranch ?? null));
  await importCommits(workspace, { start: request.start, head, objectsDir: request.objectsDir });
  return head;
}

async function commitRest(
  workspace: Workspace,
  { head, paths }: { readonly head: string; readonly paths: readonly string[] },
  request: WorkRequest,
): Promise<string> {
  if (paths.length === 0) return head;
  const { repository, branch } = workspace;
  const { message, author } = request;
  const commit = { message, ...(author === undefined ? {} : { author }) };
  await addToIndex(workspace, paths);
  const tip = () => resolveCommit(repository, `refs/heads/${branch}`);
  const made = (await tip()) === head ? await commitIndex(workspace, head, commit) : null;
  if (made !== null) return made;
  const [tree, before] = await Promise.all([treeOfIndex(workspace), treeOf(workspace, head)]);
  if (tree === before) return head;
  const there = await tip();
  if (there !== null && (await isSame(workspace, there, { tree, parent: head }))) return there;
  return commitTree(workspace, { ...commit, tree, parents: [head] });
}

/** Whether a commit was made of the same by an earlier try, which was cut off. */
async function isSame(workspace: Workspace, commit: string, made: { readonly tree: string; readonly parent: string }) {
  if ((await treeOf(workspace, commit)) !== made.tree) return false;
  return (await git(workspace.repository, ['rev-parse', `${commit}^@`])) === made.parent;
}

async function advanceBranch(workspace: Workspace, start: string, commit: string): Promise<void> {
  const { repository, branch } = workspace;
  const tip = await resolveCommit(repository, `refs/heads/${branch}`);
  if (tip === commit) return;
  // An agent without a sandbox may have committed on the branch itself; anything else is another's doing.
  const follows =
    tip === start ||
    (tip !== null && (await isAncestor(repository, start, tip)) && (await isAncestor(repository, tip, commit)));
  const fate = tip === null ? 'deleted' : `moved to ${tip}`;
  if (!follows) throw broken(workspace, `the branch ${branch} was ${fate} while the agent worked`);
  await moveBranch(repository, branch, commit, tip, 'work of an agent');
}

async function countCommits(workspace: Workspace, start: string, head: string): Promise<number> {
  return Number(await git(workspace.repository, ['rev-list', '--count', head, `^${start}`]));
}

async function countFiles(workspace: Workspace, start: string, commit: string): Promise<number> {
  const listed = await git(workspace.repository, ['diff-tree', '-r', '-z', '--name-only', start, commit]);
  return listed.split('\0').filter((path) => path !== '').length;
}
