import { Context } from '@temporalio/activity';
import { unfinishedRef } from '../domain/branch.ts';
import { commitMessage } from '../domain/commit.ts';
import { asFailure, type Failure } from '../domain/failures.ts';
import { redact } from '../domain/redact.ts';
import type { RunContext } from '../domain/run.ts';
import { collectWork } from '../git/collect.ts';
import { halfDone } from '../git/half-done.ts';
import { dropUnfinished } from '../git/unfinished.ts';
import { confinedRun, objectsDirOf } from './confine.ts';
import type { AttemptRequest, AttemptResult } from './contract.ts';
import type { Dependencies, RunSecrets } from './deps.ts';

export type Figures = Pick<AttemptResult, 'session' | 'costUsd' | 'durationMs'>;

/** The work of an agent that says it is done: verified, and a commit on the branch. */
export async function delivered(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  answer: {
    readonly figures: Figures;
    readonly summary: string;
    readonly secrets: RunSecrets;
  },
): Promise<AttemptResult> {
  const { figures, secrets } = answer;
  const unusable = (await leftInTheMiddle(run, request)) ?? (await verify(deps, run, request, secrets));
  if (unusable) return { ...figures, outcome: 'failed', failure: unusable, retry: true, killed: false };

  const { task, workspace, startCommit } = request;
  const { commitType: type, title, issue } = task;
  const scope = request.role?.scope ?? null;
  const message = commitMessage({ type, title, issue, runId: run.runId, scope });
  const work = await collectWork(workspace, {
    start: startCommit,
    objectsDir: await objectsDirOf(workspace),
    message,
    defaultBranch: run.baseBranch,
  });
  // In a gated run it is a cycle without progress, which its breaker counts.
  if (work.commit === startCommit && !request.role) {
    const failure = asFailure('NoChanges', 'no changes: the agent ended without a commit or a changed file');
    return { ...figures, outcome: 'failed', failure, retry: false, killed: false };
  }
  await dropUnfinished(workspace.repository, unfinishedRef(task.branch, task.issue));
  const summary = redact(answer.summary, secrets.token === null ? [] : [secrets.token]);
  return { ...figures, outcome: 'done', commit: work.commit, summary };
}

/** Half a rebase would be committed with the marks of its conflicts, and without the commits still to come. */
async function leftInTheMiddle(run: RunContext, { workspace }: AttemptRequest): Promise<Failure | null> {
  const command = await halfDone(workspace);
  if (command === null) return null;
  return asFailure('AgentFailed', `${run.settings.provider} ended in the middle of a git ${command}`);
}

async function verify(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  secrets: RunSecrets,
): Promise<Failure | null> {
  const argv = run.settings.agent.verify;
  if (argv === null) return null;
  const { workspace, attemptId, task } = request;
  const signal = Context.current().cancellationSignal;
  const checked = await confinedRun(deps, run, {
    workspace,
    argv,
    env: secrets.env,
    purpose: 'verify',
    attemptId,
    issue: task.issue,
    signal,
  });
  Context.current().cancellationSignal.throwIfAborted();
  if (checked.exitCode === 0) return null;
  return asFailure(
    'VerifyFailed',
    `agent.verify (${argv.join(' ')}) ended with exit code ${checked.exitCode}: ${redact(checked.tail)}`,
  );
}
