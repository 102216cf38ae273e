import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { unfinishedRef, workspaceName } from '../domain/branch.ts';
import { statusLabels } from '../domain/labels.ts';
import type { RunContext } from '../domain/run.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { bringBaseIn } from '../git/base.ts';
import { baseCommit, fetchBranches, type NetworkOptions } from '../git/branches.ts';
import { cleanWorkspace } from '../git/clean.ts';
import { type OpenedWorkspace, openWorkspace } from '../git/open.ts';
import { replaceFile } from '../git/place.ts';
import { giveBackUnfinished, setUnfinishedAside } from '../git/unfinished.ts';
import { openTracker } from '../trackers/open.ts';
import { dropObjects } from './confine.ts';
import type { PreparedTask, PrepareRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { setFoundAside } from './found.ts';
import { makeReady } from './make-ready.ts';
import { promptFor } from './prompt.ts';
import { noteRun, refuseTakenRoot, removeStale } from './release.ts';
import {
  credentialsFor,
  endEarlierAttempt,
  noteReturn,
  obtainRepository,
  workspaceKey,
  workspaceMode,
} from './repository.ts';
import { hasStayed, noteStay } from './stay.ts';

/** Brings a task to the point where its agent can start: issue read, workspace clean and ready, base in it, prompt written. */
export async function prepareTask(deps: Dependencies, run: RunContext, request: PrepareRequest): Promise<PreparedTask> {
  const { task } = request;
  const secrets = await deps.secrets(run);
  const signal = Context.current().cancellationSignal;
  const tracker = await openTracker(run.tracker, secrets.token);
  const repository = await obtainRepository(run, deps.stateDir, secrets.token, signal);
  const key = workspaceKey(run, task.branch);
  await refuseTakenRoot(deps, run, repository);
  await endEarlierAttempt(repository, key, deps.stateDir);
  const [{ issue, comments }, remoteTips] = await Promise.all([
    deps.issues.read(run, tracker, task.issue, request.next),
    fetchFor(run, repository, task.branch, { token: credentialsFor(run, secrets.token), signal }),
  ]);
  if (issue.state === 'closed') return { kind: 'closed' };

  // Asked again where it does not answer, by a step that waits for it alone.
  const permit = deps.gate.reserve(request.permit).catch(() => null);
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
    onlyPushed: isAnywhere && ((await hasStayed(deps, repository, key)) ? 'where parted' : 'always'),
  });
  const { workspace } = opened;
  await noteStay(deps, repository, key);
  if (opened.created) await removeStale(deps, run, repository);
  if (opened.returnTo !== null) await noteReturn(repository, opened.returnTo);
  const goesOn = request.resuming && request.startCommit === opened.tip;
  if (opened.created || workspace.mode === 'root') await cleanWorkspace(workspace, opened.tip);
  else await setFoundAside(run, { workspace, start: opened.tip, task });
  await dropObjects(workspace);
  const isPushed = request.pushed || remoteTips[task.branch] !== undefined;
  const startCommit = goesOn ? opened.tip : await updated(run, opened, isPushed);
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

  const prompt = await promptFor(run, { issue, comments, workspace, startCommit });
  return {
    kind: 'ready',
    workspace,
    startCommit,
    labels: issue.labels.filter((label) => statusNames.includes(label)),
    prompt: await written(repository, workspace, task.issue, prompt),
    permit: await Promise.race([permit, delay(longestAnswerMs, null, { ref: false })]),
    branchExisted: remoteTips[task.branch] !== undefined,
  };
}

/** Of a gate that does not answer nobody waits for long: the run asks it again by itself. */
const longestAnswerMs = 5000;
const statusNames: readonly string[] = Object.values(statusLabels).map((label) => label.name);

async function fetchFor(
  run: RunContext,
  repository: Repository,
  branch: string,
  options: NetworkOptions,
): Promise<Record<string, string>> {
  const { remote } = run;
  if (remote === null) return {};
  return fetchBranches(repository, remote, [run.baseBranch, branch], options);
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

async function written(repository: Repository, workspace: Workspace, issue: number, prompt: string) {
  const folder = path.join(repository.privateDir, 'prompts');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${workspace.name}-${issue}.md`);
  await replaceFile(file, prompt);
  return { file, length: prompt.length, sha256: createHash('sha256').update(prompt).digest('hex') };
}
