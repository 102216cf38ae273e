import { Context } from '@temporalio/activity';
import type { RunContext } from '../../domain/run.ts';
import type { Dependencies } from '../deps.ts';
import { fetchFor, readyWorkspace } from '../ready-workspace.ts';
import { refuseTakenRoot } from '../release.ts';
import { credentialsFor, endEarlierAttempt, obtainRepository, workspaceKey } from '../repository.ts';
import type { OpenedTarget, OpenRequest } from './contract.ts';

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
