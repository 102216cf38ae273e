import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import type { Repository } from '../domain/workspace.ts';
import { replaceFile } from '../git/place.ts';
import { listWorkspaces, pruneWorkspaces, removeWorkspace } from '../git/remove.ts';
import { leaveRoot } from '../git/root.ts';
import type { Dependencies } from './deps.ts';
import {
  endEarlierAttempt,
  readReturn,
  repositoryOf,
  workspaceKey,
  workspaceMode,
  workspaceName,
} from './repository.ts';

/** Gives a workspace back: a worktree goes, unless it holds work that is nowhere else; in root mode the person gets the branch back. */
export async function releaseWorkspace(deps: Dependencies, run: RunContext, branch: string): Promise<void> {
  const repository = await repositoryOf(run, deps.stateDir);
  const name = workspaceName(branch);
  await endEarlierAttempt(repository, workspaceKey(run, branch), deps.stateDir);
  if (workspaceMode(run) === 'worktree') {
    const workspace = (await listWorkspaces(repository)).find((candidate) => candidate.name === name);
    if (workspace) await removeWorkspace(workspace, { remote: run.remote });
    return;
  }
  const back = await readReturn(repository);
  if (back === null) return;
  const root = {
    mode: 'root',
    repository,
    name: 'root',
    path: repository.root,
    branch,
    adminDir: null,
    indexFile: null,
  } as const;
  await leaveRoot(root, back);
}

/** Notes which run a workspace belongs to. */
export async function noteRun(repository: Repository, name: string, runId: string): Promise<void> {
  await mkdir(repository.privateDir, { recursive: true, mode: 0o700 });
  await replaceFile(noteOf(repository, name), `${runId}\n`);
}

/** In root mode the person's checkout belongs to one run at a time. */
export async function refuseTakenRoot(deps: Dependencies, run: RunContext, repository: Repository): Promise<void> {
  if (workspaceMode(run) !== 'root') return;
  const owner = (await readFile(noteOf(repository, 'root'), 'utf8').catch(() => '')).trim();
  if (owner === '' || owner === run.runId || !(await deps.isRunOpen(owner))) return;
  throw new LocusFailure('RunConflict', `${repository.root} is in use by the run ${owner}`, {
    remedy: 'wait until that run ends, or set sprint.workspace to "worktree"',
  });
}

/** Removes the worktrees of runs that have ended, but for those that hold work that is nowhere else. */
export async function removeStale(deps: Dependencies, run: RunContext, repository: Repository): Promise<void> {
  const keep: string[] = [];
  for (const { name } of await listWorkspaces(repository)) {
    const owner = (await readFile(noteOf(repository, name), 'utf8').catch(() => '')).trim();
    if (owner === '' || owner === run.runId || (await deps.isRunOpen(owner))) keep.push(name);
  }
  await pruneWorkspaces(repository, { keep, remote: run.remote });
}

function noteOf(repository: Repository, name: string): string {
  return path.join(repository.privateDir, `${name}.run`);
}
