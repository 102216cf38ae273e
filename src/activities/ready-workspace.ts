import { unfinishedRef, workspaceName } from '../domain/branch.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { bringBaseIn } from '../git/base.ts';
import { baseCommit, fetchBranches, isAncestor, type NetworkOptions, resolveCommit } from '../git/branches.ts';
import { cleanWorkspace } from '../git/clean.ts';
import { type OpenedWorkspace, openWorkspace } from '../git/open.ts';
import { git } from '../git/run.ts';
import { giveBackUnfinished, setUnfinishedAside } from '../git/unfinished.ts';
import { dropObjects } from './confine.ts';
import type { WorkspaceRequest } from './contract.ts';
import type { Dependencies, RunSecrets } from './deps.ts';
import { setFoundAside } from './found.ts';
import { makeReady } from './make-ready.ts';
import { noteRun, removeStale } from './release.ts';
import { noteReturn, workspaceKey, workspaceMode } from './repository.ts';
import { hasStayed, noteStay } from './stay.ts';

/**
 * `asItIs`: the base is not brought in. `began`: where an earlier run of the task did. `builtOn`: a commit that the branch
 * must have.
 */
export type ReadyRequest = WorkspaceRequest & {
  readonly asItIs?: boolean;
  readonly began?: string;
  readonly builtOn?: string;
};

interface Given {
  readonly repository: Repository;
  readonly remoteTips: Readonly<Record<string, string>>;
  readonly secrets: RunSecrets;
  readonly signal: AbortSignal;
}

/** The task's workspace, clean and usable, with the base brought in and what an ended attempt has left given back. */
export async function readyWorkspace(
  deps: Dependencies,
  run: RunContext,
  { repository, remoteTips, secrets, signal }: Given,
  request: ReadyRequest,
): Promise<{ readonly workspace: Workspace; readonly startCommit: string; readonly began?: string }> {
  const { task } = request;
  const key = workspaceKey(run, task.branch);
  // First whose it is: a sibling that tidies up must not take a new one for an ended run's.
  await noteRun(repository, key, run.runId);
  const isAnywhere = run.source.kind === 'remote' && !request.resuming;
  const opened = await openWorkspace({
    repository,
    mode: workspaceMode(run),
    name: workspaceName(task.branch),
    branch: task.branch,
    baseBranch: run.baseBranch,
    remote: run.remote,
    updateWith: run.settings.agent.updateWith,
    // Hosts of a fleet know of each other by the remote alone, and nobody is there to bring branches together.
    onlyPushed: isAnywhere && ((await isOurs(deps, { repository, key }, request)) ? 'where parted' : 'always'),
  });
  await requireBuiltOn(opened, request);
  const { workspace } = opened;
  await noteStay(deps, repository, key);
  if (opened.created) await removeStale(deps, run, repository);
  if (opened.returnTo !== null) await noteReturn(repository, opened.returnTo);
  const goesOn = request.resuming && request.startCommit === opened.tip;
  if (opened.created || workspace.mode === 'root') await cleanWorkspace(workspace, opened.tip);
  else await setFoundAside(run, { workspace, start: opened.tip, task });
  await dropObjects(workspace);
  const isPushed = request.pushed || remoteTips[task.branch] !== undefined;
  const began = await withWork(run, opened, request.began);
  const staysAsItIs = goesOn || request.asItIs || began !== undefined;
  const startCommit = staysAsItIs ? opened.tip : await updated(run, opened, isPushed);
  await makeReady(deps, run, { workspace, isNew: opened.created, env: secrets.env, signal }).catch(async (error) => {
    // What a setup has left half done must not look like work to whoever comes next.
    await cleanWorkspace(workspace, startCommit);
    throw error;
  });
  const ref = unfinishedRef(task.branch, task.issue);
  const { attemptId } = request;
  const given =
    goesOn && attemptId !== null && (await giveBackUnfinished(workspace, { ref, start: startCommit, attemptId }));
  // Of a run that was stopped, or on a branch that moved: a person may still want it, and this task writes to the ref.
  if (!given) await setUnfinishedAside(repository, ref);
  return { workspace, startCommit, ...(began === undefined ? {} : { began }) };
}

/** What the remote has of the base and the task's branch, brought here. */
export async function fetchFor(
  run: RunContext,
  repository: Repository,
  branch: string,
  options: NetworkOptions,
): Promise<Record<string, string>> {
  const { remote } = run;
  if (remote === null) return {};
  return fetchBranches(repository, remote, [run.baseBranch, branch], options);
}

/** Whether what was not pushed is the run's own: it has stayed, or goes on with what the sprint before it has left here. */
async function isOurs(
  deps: Dependencies,
  { repository, key }: { readonly repository: Repository; readonly key: string },
  { task, builtOn }: ReadyRequest,
): Promise<boolean> {
  if (await hasStayed(deps, repository, key)) return true;
  const tip = builtOn === undefined ? null : await resolveCommit(repository, `refs/heads/${task.branch}`);
  return builtOn !== undefined && tip !== null && (await isAncestor(repository, builtOn, tip));
}

/** A sprint does not begin without the work of those before it, which would be called complete and be nowhere. */
async function requireBuiltOn(
  { workspace: { repository }, tip }: OpenedWorkspace,
  { task, builtOn }: ReadyRequest,
): Promise<void> {
  if (builtOn === undefined || (await isAncestor(repository, builtOn, tip))) return;
  const message = `the work of the sprints before it is not on ${task.branch} here: commit ${builtOn.slice(0, 12)}`;
  throw new LocusFailure('WorkspaceBroken', message, {
    remedy: 'bring it to the branch and `locus resume`, or `locus stop` and start the plan again',
  });
}

/** Where the task began before, if the branch has commits of its own since then. */
async function withWork(
  run: RunContext,
  { workspace: { repository }, tip }: OpenedWorkspace,
  began: string | undefined,
): Promise<string | undefined> {
  if (began === undefined || !(await isAncestor(repository, began, tip))) return undefined;
  const base = await baseCommit(repository, run.baseBranch, run.remote);
  const own = await git({ commonDir: repository.commonDir }, ['rev-list', '--count', tip, `^${began}`, `^${base}`]);
  return Number(own) > 0 ? began : undefined;
}

async function updated(run: RunContext, opened: OpenedWorkspace, pushed: boolean): Promise<string> {
  if (!run.settings.agent.rebaseBeforeTask) return opened.tip;
  const { workspace, tip } = opened;
  const base = await baseCommit(workspace.repository, run.baseBranch, run.remote);
  const result = await bringBaseIn(workspace, {
    base,
    baseBranch: run.baseBranch,
    tip,
    pushed,
    updateWith: run.settings.agent.updateWith,
  });
  return result.tip;
}
