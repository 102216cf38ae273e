import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mkdir } from '../disk/at-once.ts';
import { statusLabels } from '../domain/labels.ts';
import type { RunContext } from '../domain/run.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { replaceFile } from '../git/place.ts';
import { openTracker } from '../trackers/open.ts';
import type { PreparedTask, PrepareRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { promptFor } from './prompt.ts';
import { fetchFor, readyWorkspace } from './ready-workspace.ts';
import { refuseTakenRoot } from './release.ts';
import { credentialsFor, endEarlierAttempt, obtainRepository, workspaceKey } from './repository.ts';

/** Branches of the remote, with their commits. */
type RemoteTips = Record<string, string>;

/** What the remote has of what a task begins with, asked before the workspace is free for it. */
export async function askRemote(
  deps: Dependencies,
  run: RunContext,
  { task }: PrepareRequest,
  signal: AbortSignal,
): Promise<RemoteTips> {
  const { token } = await deps.secrets(run);
  const repository = await obtainRepository(run, deps.stateDir, token, signal);
  return fetchFor(run, repository, task.branch, { token: credentialsFor(run, token), signal, maxAgeMs });
}

/** Where tasks take less than that, the remote is not asked before each. */
const maxAgeMs = 1000;

/**
 * Brings a task to the point where its agent can start: issue read, workspace clean and ready, base in it, prompt written.
 * `asked`: what the remote was asked already.
 */
export async function prepareTask(
  deps: Dependencies,
  run: RunContext,
  request: PrepareRequest,
  signal: AbortSignal,
  asked?: Promise<RemoteTips>,
): Promise<PreparedTask> {
  const { task } = request;
  const secrets = await deps.secrets(run);
  const tracker = await openTracker(run.tracker, secrets.token);
  const repository = await obtainRepository(run, deps.stateDir, secrets.token, signal);
  const key = workspaceKey(run, task.branch);
  await refuseTakenRoot(deps, run, repository);
  await endEarlierAttempt(repository, key, deps.stateDir);
  const [{ issue, comments }, remoteTips] = await Promise.all([
    deps.issues.read(run, tracker, task.issue, request.next),
    asked ?? fetchFor(run, repository, task.branch, { token: credentialsFor(run, secrets.token), signal }),
  ]);
  if (issue.state === 'closed') return { kind: 'closed' };

  // Asked again where it does not answer, by a step that waits for it alone.
  const permit = deps.gate.reserve(request.permit).catch(() => null);
  const { workspace, startCommit } = await readyWorkspace(
    deps,
    run,
    { repository, remoteTips, secrets, signal },
    request,
  );
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

/** Keeps a prompt beside the repository, out of the agents' reach until one is given it. */
export async function written(repository: Repository, workspace: Workspace, issue: number, prompt: string) {
  const folder = path.join(repository.privateDir, 'prompts');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${workspace.name}-${issue}.md`);
  await replaceFile(file, prompt);
  return { file, length: prompt.length, sha256: createHash('sha256').update(prompt).digest('hex') };
}
