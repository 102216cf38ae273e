import { unfinishedRef, workspaceName } from '../domain/branch.ts';
import { mayRebase } from '../domain/guard.ts';
import { goesThroughGates, type RunContext } from '../domain/run.ts';
import type { Repository } from '../domain/workspace.ts';
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
import type { OpenedTarget } from './gated/contract.ts';
import { makeReady } from './make-ready.ts';
import { noteRun, removeStale } from './release.ts';
import { noteReturn, workspaceKey, workspaceMode } from './repository.ts';
import { hasStayed, noteStay } from './stay.ts';

/**
 * `asItIs`: the base is not brought in. `began`: where an earlier run of the task did. `left`: a commit of its branch that
 * an earlier run has made; a branch that has it was not left by anybody else. `builtOn`: one that it must have.
 */
export type ReadyRequest = WorkspaceRequest & {
  readonly asItIs?: boolean;
  readonly began?: string;
  readonly left?: string;
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
): Promise<OpenedTarget> {
  const { task } = request;
  const key = workspaceKey(run, task.branch);
  // First whose it is: a sibling that tidies up must not take a new one for an ended run's.
  await noteRun(repository, key, run.runId);
  const isFleet = run.source.kind === 'remote';
  const isAnywhere = isFleet && !request.resuming;
  const { builtOn } = request;
  const opened = await openWorkspace({
    repository,
    mode: workspaceMode(run),
    name: workspaceName(task.branch),
    branch: task.branch,
    baseBranch: run.baseBranch,
    remote: run.remote,
    updateWith: updateWith(run, true),
    // Hosts of a fleet know of each other by the remote alone, and nobody is there to bring branches together.
    onlyPushed: isAnywhere && ((await isOurs(deps, { repository, key }, request)) ? 'where parted' : 'always'),
    // In a checkout it is a person who has moved the branch.
    ...(builtOn === undefined ? {} : { builtOn, mayBeRemade: !isFleet }),
  });
  const { workspace } = opened;
  const isRemade = !isFleet && builtOn !== undefined && !(await isAncestor(repository, builtOn, opened.tip));
  await noteStay(deps, repository, key);
  if (opened.created) await removeStale(deps, run, repository);
  if (opened.returnTo !== null) await noteReturn(repository, opened.returnTo);
  const goesOn = request.resuming && request.startCommit === opened.tip;
  if (workspace.mode === 'root') await cleanWorkspace(workspace, opened.tip);
  else if (!opened.created) await setFoundAside(run, { workspace, start: opened.tip, task });
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
  return {
    workspace,
    startCommit,
    ...(began === undefined ? {} : { began }),
    ...(isRemade ? { isRemade } : {}),
  };
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

/** Whether what was not pushed is the run's own: it has stayed, or goes on with what an earlier one has left here. */
async function isOurs(
  deps: Dependencies,
  { repository, key }: { readonly repository: Repository; readonly key: string },
  { task, builtOn, left }: ReadyRequest,
): Promise<boolean> {
  if (await hasStayed(deps, repository, key)) return true;
  const tip = await resolveCommit(repository, `refs/heads/${task.branch}`);
  for (const commit of [left, builtOn])
    if (tip !== null && commit !== undefined && (await isAncestor(repository, commit, tip))) return true;
  return false;
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
    updateWith: updateWith(run, pushed),
  });
  return result.tip;
}

/** How the base comes into a branch that is pushed: a gated run's commits stay what they are. */
function updateWith({ type, settings }: RunContext, isPushed: boolean): 'merge' | 'rebase' {
  return mayRebase(goesThroughGates(type) ? 'gated' : 'plain', isPushed) ? settings.agent.updateWith : 'merge';
}
