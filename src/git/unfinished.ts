import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { cleanWorkspace } from './clean.ts';
import { agentHead, type WorkRequest } from './collect.ts';
import { commitTree, treeOf, writeTree } from './commit.ts';
import { isPartOf, messageFor, noteGiven, readKept } from './kept.ts';
import { alone } from './lock.ts';
import { lookAgain, lookAt } from './look.ts';
import { makeFolder, placeOf, readHead, writeHead } from './place.ts';
import { git } from './run.ts';

export const unfinishedPrefix = 'refs/locus/wip/';

export const asidePrefix = 'refs/locus/aside/';

export interface KeepUnfinished extends Pick<WorkRequest, 'start' | 'objectsDir' | 'defaultBranch'> {
  readonly ref: string;
  /** Whose work it is; asked again for the same attempt, what it kept stays. */
  readonly attemptId?: string | null;
}

/**
 * Keeps what an interrupted attempt left, its commits and its uncommitted files, on a ref outside the branches, and
 * puts the tree back to `start`. Answers the commit that the ref then keeps, or null. What another attempt had kept is
 * replaced, or forgotten where this one did away with it, only where it was given back before; else it stays, or is set
 * aside. May be cut off anywhere, and be asked again.
 */
export async function keepUnfinished(workspace: Workspace, request: KeepUnfinished): Promise<string | null> {
  const { start, ref, attemptId = null } = request;
  const { repository } = workspace;
  // Commits that cannot be used are given up; the files they led to are not.
  const head = await agentHead(workspace, request).catch((error: unknown) => {
    if (error instanceof LocusFailure && error.type === 'WorkspaceBroken') return start;
    throw error;
  });
  const opened = await openRepositories(workspace, head);
  const tree = await writeTree(workspace, head);
  const made = () => commitTree(workspace, { tree, parents: [head], message: messageFor(attemptId, opened) });
  const earlier = await readKept(repository, ref);
  if (earlier !== null && attemptId !== null && earlier.attemptId === attemptId) {
    // Nothing has worked here since, and a step that was cut off leaves a part. What is more than that is kept as well.
    const isKnown = await isPartOf(workspace, { head, tree }, { kept: earlier.commit, start });
    if (!isKnown) await setCommitAside(repository, ref.slice(unfinishedPrefix.length), await made());
    const kept = await noteGiven(workspace, ref, earlier, false);
    await cleanWorkspace(workspace, start);
    return kept;
  }
  if (head === start && tree === (await treeOf(workspace, start))) {
    await cleanWorkspace(workspace, start);
    if (!earlier?.given) return earlier?.commit ?? null;
    await dropUnfinished(repository, ref);
    return null;
  }
  const kept = await made();
  if (earlier?.given === false) await setUnfinishedAside(repository, ref);
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-m', 'locus: unfinished', ref, kept]));
  await cleanWorkspace(workspace, start);
  return kept;
}

/**
 * Files in a repository of its own cannot be kept: it is made a plain folder. Its `.git`, which must not be entered,
 * is put beside our own notes. Answers the folders.
 */
async function openRepositories(workspace: Workspace, head: string): Promise<string[]> {
  const aside = join(workspace.repository.privateDir, 'nested', `${workspace.name}-${Date.now()}`);
  const opened: string[] = [];
  // A repository may hold further ones.
  for (let depth = 0; depth < 20; depth++) {
    const found = (await lookAt(workspace, head)).repositories;
    if (found.length === 0) break;
    for (const path of found) {
      const folder = path.replace(/\/$/, '');
      const gitPath = Buffer.from(`${Buffer.from(workspace.path).toString('latin1')}/${folder}/.git`, 'latin1');
      await makeFolder(aside);
      await rename(gitPath, join(aside, String(opened.length))).catch(async (error: NodeJS.ErrnoException) => {
        // On another file system only the files are kept.
        if (error.code !== 'EXDEV') throw error;
        await rm(gitPath, { recursive: true, force: true });
      });
      opened.push(Buffer.from(folder, 'latin1').toString());
    }
  }
  return opened;
}

/**
 * Puts what was kept back into the workspace: the attempt's commits as HEAD, its other changes uncommitted. Answers
 * false, with the workspace as it was, where nothing is kept or it belongs to another start or attempt.
 */
export async function giveBackUnfinished(
  workspace: Workspace,
  request: { readonly ref: string; readonly start: string; readonly attemptId: string },
): Promise<boolean> {
  const { repository } = workspace;
  const kept = await readKept(repository, request.ref);
  if (kept === null || kept.attemptId !== request.attemptId) return false;
  const head = await resolveCommit(repository, `${kept.commit}^1`);
  const follows = await git(repository, ['rev-list', '--count', request.start, `^${kept.commit}`]);
  if (head === null || follows !== '0') return false;
  await cleanWorkspace(workspace, head);
  const place = await placeOf(workspace);
  // The tree goes to the disk through our index, which then forgets again what HEAD does not have.
  await git(place, ['read-tree', '-m', '-u', head, kept.commit], { timeoutMs: 600_000 });
  await git(place, ['read-tree', '--reset', head]);
  await writeHead(workspace, head);
  await noteGiven(workspace, request.ref, kept, true);
  return true;
}

export async function dropUnfinished(repository: Repository, ref: string): Promise<void> {
  if ((await resolveCommit(repository, ref)) === null) return;
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-d', ref]));
}

/**
 * Keeps, on a ref of its own, what lies in a workspace and is kept nowhere yet: a person has worked there, or a run was
 * cut off. Leaves the workspace clean at `start`; answers the ref.
 */
export async function keepWhatLies(workspace: Workspace, request: Omit<KeepUnfinished, 'attemptId'>) {
  const { repository } = workspace;
  const { ref, start } = request;
  const head = await readHead(workspace, () => true).catch(() => null);
  const look = head === start ? await lookAgain(workspace, start) : null;
  if (look?.paths.length === 0) {
    await cleanWorkspace(workspace, start, look);
    return null;
  }
  const found = await keepUnfinished(workspace, request);
  if (found === null) return null;
  const same = await git(repository, ['for-each-ref', '--format=%(tree) %(refname)', 'refs/locus']);
  const tree = await treeOf(workspace, found);
  const isKnown = same.split('\n').some((line) => line.startsWith(`${tree} `) && line !== `${tree} ${ref}`);
  if (!isKnown) return setUnfinishedAside(repository, ref);
  await dropUnfinished(repository, ref);
  return null;
}

/** Keeps a commit that its branch is about to lose; answers the ref. `name`: of the workspace. */
export async function setCommitAside(repository: Repository, name: string, commit: string): Promise<string> {
  const aside = `${asidePrefix}${name}/${commit.slice(0, 12)}`;
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-m', 'locus: set aside', aside, commit]));
  return aside;
}

/** Moves what was kept, and cannot be given back, where no later attempt replaces or drops it. Answers the new ref. */
export async function setUnfinishedAside(repository: Repository, ref: string): Promise<string | null> {
  const kept = await resolveCommit(repository, ref);
  if (kept === null) return null;
  const aside = `${asidePrefix}${ref.slice(unfinishedPrefix.length)}/${kept.slice(0, 12)}`;
  await alone(repository.commonDir, async () => {
    await git(repository, ['update-ref', '-m', 'locus: set aside', aside, kept]);
    await git(repository, ['update-ref', '-d', ref, kept]);
  });
  return aside;
}
