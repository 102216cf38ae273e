import { mkdir, readFile } from '../disk/at-once.ts';
import { workspaceName } from '../domain/branch.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import type { Repository } from '../domain/workspace.ts';
import { alone } from '../git/lock.ts';
import { keepFile } from '../git/place.ts';
import { listWorkspaces, pruneWorkspaces, removeWorkspace, runNote } from '../git/remove.ts';
import { leaveRoot } from '../git/root.ts';
import type { Dependencies } from './deps.ts';
import { endEarlierAttempt, readReturn, repositoryOf, workspaceKey, workspaceMode } from './repository.ts';

/** Gives a workspace back: a worktree goes, unless it holds work that is nowhere else; in root mode the person gets the branch back. */
export async function releaseWorkspace(deps: Dependencies, run: RunContext, branch: string): Promise<void> {
  const repository = await repositoryOf(run, deps.stateDir);
  const name = workspaceName(branch);
  await endEarlierAttempt(repository, workspaceKey(run, branch), deps.stateDir);
  if (workspaceMode(run) === 'worktree') {
    const workspace = (await listWorkspaces(repository)).find((candidate) => candidate.name === name);
    const stillFree = async () => ['', run.runId].includes(await ownerOf(repository, name));
    if (workspace) await removeWorkspace(workspace, { remote: run.remote, stillFree });
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

/** Notes which run a workspace belongs to. Comes before the workspace is made, and not while one is being removed. */
export async function noteRun(repository: Repository, name: string, runId: string): Promise<void> {
  await mkdir(repository.privateDir, { recursive: true, mode: 0o700 });
  await alone(repository.commonDir, () => keepFile(runNote(repository, name), `${runId}\n`));
}

/** In root mode the person's checkout belongs to one run at a time. */
export async function refuseTakenRoot(deps: Dependencies, run: RunContext, repository: Repository): Promise<void> {
  if (workspaceMode(run) !== 'root') return;
  const owner = await ownerOf(repository, 'root');
  if (owner === '' || owner === run.runId || !(await deps.isRunOpen(owner))) return;
  throw new LocusFailure('RunConflict', `${repository.root} is in use by the run ${owner}`, {
    remedy: 'wait until that run ends, or set sprint.workspace to "worktree"',
  });
}

/** Removes the worktrees of runs that have ended, but for those that hold work that is nowhere else. */
export async function removeStale(deps: Dependencies, run: RunContext, repository: Repository): Promise<void> {
  const stale = new Map<string, string>();
  for (const { name } of await listWorkspaces(repository)) {
    const owner = await ownerOf(repository, name);
    if (owner !== '' && owner !== run.runId && !(await deps.isRunOpen(owner))) stale.set(name, owner);
  }
  // Only what was looked at, and only while it still is that run's: another task may make or take one meanwhile.
  const stillFree = async (name: string) => (await ownerOf(repository, name)) === stale.get(name);
  await pruneWorkspaces(repository, { remove: [...stale.keys()], remote: run.remote, stillFree });
}

async function ownerOf(repository: Repository, name: string): Promise<string> {
  return (await readFile(runNote(repository, name), 'utf8').catch(() => '')).trim();
}
