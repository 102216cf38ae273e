import { Context } from '@temporalio/activity';
import type { RunContext } from '../../domain/run.ts';
import { baseCommit, isAncestor } from '../../git/branches.ts';
import type { Dependencies } from '../deps.ts';
import { fetchFor, readyWorkspace } from '../ready-workspace.ts';
import { refuseTakenRoot } from '../release.ts';
import { credentialsFor, endEarlierAttempt, obtainRepository, workspaceKey } from '../repository.ts';
import type { CommitsRequest, FoundCommits, OpenedTarget, OpenRequest } from './contract.ts';

/** The target's workspace, clean and on its branch. */
export async function openTarget(deps: Dependencies, run: RunContext, request: OpenRequest): Promise<OpenedTarget> {
  const { branch } = request.task;
  const secrets = await deps.secrets(run);
  const signal = Context.current().cancellationSignal;
  const repository = await obtainRepository(run, deps.stateDir, secrets.token, signal);
  await refuseTakenRoot(deps, run, repository);
  await endEarlierAttempt(repository, workspaceKey(run, branch), deps.stateDir);
  const remoteTips = await fetchFor(run, repository, branch, { token: credentialsFor(run, secrets.token), signal });
  return readyWorkspace(deps, run, { repository, remoteTips, secrets, signal }, request);
}

/** Which of these commits the branch has, as the run finds it: what is here, or else what is on the remote. */
export async function findCommits(
  deps: Dependencies,
  run: RunContext,
  { task, commits }: CommitsRequest,
): Promise<FoundCommits> {
  const left = commits.at(-1);
  const asItIs = { resuming: false, startCommit: null, attemptId: null, pushed: true, asItIs: true };
  const request = { task, ...asItIs, ...(left === undefined ? {} : { left }) };
  const { workspace, startCommit: tip } = await openTarget(deps, run, request);
  const { repository } = workspace;
  const base = await baseCommit(repository, run.baseBranch, run.remote);
  const held: string[] = [];
  const merged: string[] = [];
  for (const commit of commits) {
    if (await isAncestor(repository, commit, tip)) held.push(commit);
    if (await isAncestor(repository, commit, base)) merged.push(commit);
  }
  return { held, merged };
}
