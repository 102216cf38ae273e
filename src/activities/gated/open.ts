import { Context } from '@temporalio/activity';
import type { RunContext } from '../../domain/run.ts';
import { isAncestor } from '../../git/branches.ts';
import type { Dependencies } from '../deps.ts';
import { fetchFor, readyWorkspace } from '../ready-workspace.ts';
import { refuseTakenRoot } from '../release.ts';
import { credentialsFor, endEarlierAttempt, obtainRepository, workspaceKey } from '../repository.ts';
import type { CommitsRequest, OpenedTarget, OpenRequest } from './contract.ts';

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
): Promise<{ readonly held: readonly string[] }> {
  const request = { task, resuming: false, startCommit: null, attemptId: null, pushed: true, asItIs: true };
  const { workspace, startCommit: tip } = await openTarget(deps, run, request);
  const held: string[] = [];
  for (const commit of commits) if (await isAncestor(workspace.repository, commit, tip)) held.push(commit);
  return { held };
}
