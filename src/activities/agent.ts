import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Context } from '@temporalio/activity';
import { type AgentIdentity, agentEnvironment } from '../agents/environment.ts';
import { endAgent } from '../agents/host/end.ts';
import { readStarted } from '../agents/host/files.ts';
import { type AttemptEnd, type FollowOptions, followAttempt } from '../agents/host/follow.ts';
import { startHost } from '../agents/host/start.ts';
import { agentFor } from '../agents/index.ts';
import { hasSession, sessionFile } from '../agents/session.ts';
import type { AgentReport } from '../domain/agent.ts';
import { unfinishedRef } from '../domain/branch.ts';
import { commitMessage } from '../domain/commit.ts';
import { asFailure, type Failure, failureKinds, LocusFailure } from '../domain/failures.ts';
import { redact } from '../domain/redact.ts';
import type { RunContext } from '../domain/run.ts';
import { removeAgentLocks } from '../git/clean.ts';
import { collectWork } from '../git/collect.ts';
import { halfDone } from '../git/half-done.ts';
import { alone } from '../git/lock.ts';
import { placeOf } from '../git/place.ts';
import { dropUnfinished } from '../git/unfinished.ts';
import { noteRunOfAttempt } from './attempts.ts';
import { confine, confinedRun, objectsDirOf } from './confine.ts';
import type { AttemptRequest, AttemptResult } from './contract.ts';
import type { Dependencies, RunSecrets } from './deps.ts';
import { endHalfDone } from './found.ts';
import { judge } from './judge.ts';
import { attemptDir, noteAttempt } from './repository.ts';

type Beat = (details: unknown) => void;

/** Starts an attempt's agent, or finds it again, follows it to its end, verifies and commits what it made. */
export async function runAgent(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  beat: Beat,
): Promise<AttemptResult> {
  const dir = attemptDir(deps.stateDir, request.attemptId);
  const secrets = await deps.secrets(run);
  // Found again, it needs nothing of what it was started with.
  if ((await readStarted(dir)) === null) await start(deps, run, request, dir, secrets);
  const options = followOptions(run, request, secrets);
  const end = await follow(deps, request.task.issue, dir, options, beat);
  // A heartbeat that came too late makes two of us; the second one then finds the work done.
  return alone(dir, () => settle(deps, run, request, { dir, end, secrets, options }));
}

/** What an agent's end comes to: nothing of it runs on, and what it has cost and made is known. */
async function settle(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  followed: { dir: string; end: AttemptEnd; secrets: RunSecrets; options: FollowOptions },
): Promise<AttemptResult> {
  const { dir, secrets, options } = followed;
  await endAgent(dir);
  const end = followed.end.outcome === 'overspent' ? await lastWords(dir, options) : followed.end;
  const figures = { session: end.report.session, costUsd: end.report.costUsd, durationMs: end.durationMs };
  const verdict = judge(run.settings.provider, end, secrets.env.TZ);
  if (verdict.outcome !== 'ok') return { ...figures, ...verdict };
  try {
    return await delivered(deps, run, request, { figures, summary: end.report.summary, secrets });
  } catch (error) {
    // What it has cost is counted, also where nothing comes of its work.
    if (!(error instanceof LocusFailure) || failureKinds[error.type].course !== 'final') throw error;
    const failure = asFailure(error.type, error.message, error.details);
    return { ...figures, outcome: 'failed', failure, retry: false, killed: false };
  }
}

/** The work of an agent that says it is done: verified, and a commit on the branch. */
async function delivered(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  answer: {
    readonly figures: Pick<AttemptResult, 'session' | 'costUsd' | 'durationMs'>;
    readonly summary: string;
    readonly secrets: RunSecrets;
  },
): Promise<AttemptResult> {
  const { figures, secrets } = answer;
  const unusable = (await leftInTheMiddle(run, request)) ?? (await verify(deps, run, request, secrets));
  if (unusable) return { ...figures, outcome: 'failed', failure: unusable, retry: true, killed: false };

  const { task, workspace, startCommit } = request;
  const message = commitMessage({ type: task.commitType, title: task.title, issue: task.issue, runId: run.runId });
  const work = await collectWork(workspace, {
    start: startCommit,
    objectsDir: await objectsDirOf(workspace),
    message,
    defaultBranch: run.baseBranch,
  });
  if (work.commit === startCommit) {
    const failure = asFailure('NoChanges', 'no changes: the agent ended without a commit or a changed file');
    return { ...figures, outcome: 'failed', failure, retry: false, killed: false };
  }
  await dropUnfinished(workspace.repository, unfinishedRef(task.branch, task.issue));
  const summary = redact(answer.summary, secrets.token === null ? [] : [secrets.token]);
  return { ...figures, outcome: 'done', commit: work.commit, summary };
}

/** Of an agent that we ended over its cost: it may have been done before our signal came. */
async function lastWords(dir: string, options: FollowOptions): Promise<AttemptEnd> {
  const end = await followAttempt(dir, options);
  const isDone = end.outcome === 'exited' && end.code === 0 && end.report.error === null;
  return isDone ? end : { ...end, outcome: 'overspent' };
}

function followOptions(run: RunContext, request: AttemptRequest, secrets: RunSecrets): FollowOptions {
  const { provider, model, agent: limits } = run.settings;
  const agent = agentFor(provider);
  const { env } = agentEnvironment(agent, secrets.env, limits.env, identityOf(run, request));
  return {
    agent,
    stallMs: limits.stallMinutes * 60_000,
    allowanceUsd: request.allowanceUsd,
    // Runs that began with an earlier Locus carry no prices.
    pricing: { model, prices: limits.prices ?? {} },
    sessionFile: (session) => sessionFile(agent, session, env, env.HOME ?? homedir()),
  };
}

function identityOf({ runId }: RunContext, { task, attemptId }: AttemptRequest): AgentIdentity {
  return { role: 'implementer', runId, issue: task.issue, attemptId };
}

async function start(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  dir: string,
  secrets: RunSecrets,
): Promise<void> {
  const { attemptId, workspace, session } = request;
  const { provider, model, agent: limits } = run.settings;
  const agent = agentFor(provider);
  const { env } = agentEnvironment(agent, secrets.env, limits.env, identityOf(run, request));
  const known = session !== null && (await hasSession(agent, session, env, env.HOME ?? homedir()));
  // An agent that was killed may have done away with it before.
  await placeOf(workspace);
  await noteAttempt(workspace, attemptId);
  await removeAgentLocks(workspace);
  if (!known) await endHalfDone(run, { workspace, start: request.startCommit, task: request.task });
  const confined = await confine(deps, run, { workspace, dir, env: secrets.env });
  await noteRunOfAttempt(deps.stateDir, attemptId, run.runId);
  await startHost({
    dir,
    argv: agent.argv({ model, session: known ? session : null, command: limits.command }),
    cwd: workspace.path,
    env,
    prompt: await readFile(request.promptFile, 'utf8'),
    deadline: request.deadline * 1000,
    orphanMinutes: limits.orphanMinutes,
    confined,
  });
}

/** A worker's stop leaves the agent alone; only a run that is over, or was cancelled, ends it from here. */
async function follow(
  deps: Dependencies,
  issue: number,
  dir: string,
  options: FollowOptions,
  beat: Beat,
): Promise<AttemptEnd> {
  const context = Context.current();
  try {
    return await followAttempt(dir, {
      ...options,
      signal: context.cancellationSignal,
      mayTouchLease: deps.hearsServer,
      onProgress: (report) => beat(progressOf(issue, report)),
    });
  } catch (error) {
    if (context.cancellationSignal.aborted && (await isOver(deps, context))) await endAgent(dir);
    throw error;
  }
}

/** `notFound` is also what a follower hears whose heartbeat came too late: then another one follows this agent by now. */
async function isOver(deps: Dependencies, { cancellationDetails, info }: Context): Promise<boolean> {
  if (cancellationDetails?.cancelRequested) return true;
  const { workflowExecution } = info;
  return (
    Boolean(cancellationDetails?.notFound && workflowExecution) &&
    !(await deps.isHere(workflowExecution?.workflowId ?? ''))
  );
}

function progressOf(issue: number, { activity, costUsd }: AgentReport) {
  return { issue, activity: activity === null ? null : redact(activity).slice(0, 300), costUsd };
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
