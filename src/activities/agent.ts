import { homedir } from 'node:os';
import { Context } from '@temporalio/activity';
import { type AgentIdentity, agentEnvironment } from '../agents/environment.ts';
import { endAgent } from '../agents/host/end.ts';
import { readStarted } from '../agents/host/files.ts';
import { type AttemptEnd, type FollowOptions, followAttempt } from '../agents/host/follow.ts';
import { startHost } from '../agents/host/start.ts';
import { agentFor } from '../agents/index.ts';
import { hasSession, sessionFile } from '../agents/session.ts';
import { readFile } from '../disk/at-once.ts';
import type { AgentReport } from '../domain/agent.ts';
import { asFailure, failureKinds, LocusFailure } from '../domain/failures.ts';
import { type AgentRole, isGate } from '../domain/gated/run-input.ts';
import { redact } from '../domain/redact.ts';
import type { RunContext } from '../domain/run.ts';
import { removeAgentLocks } from '../git/clean.ts';
import { alone } from '../git/lock.ts';
import { placeOf } from '../git/place.ts';
import { withAfterwards } from './afterwards.ts';
import { answered, putBack, tampering } from './answered.ts';
import { noteRunOfAttempt } from './attempts.ts';
import { confine } from './confine.ts';
import type { AttemptRequest, AttemptResult } from './contract.ts';
import { delivered } from './delivered.ts';
import type { Dependencies, RunSecrets } from './deps.ts';
import { endHalfDone } from './found.ts';
import { keepAnswer } from './gated/records.ts';
import { judge } from './judge.ts';
import { attemptDir, noteAttempt } from './repository.ts';

/** Of one that judges the answer counts from its first line on; two of them still fit into what Temporal takes. */
const judgmentBytes = 512 * 1024;

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
  const make = () => settle(deps, run, request, { dir, end, secrets, options });
  const { issue } = request.task;
  const onMade = ({ costUsd }: AttemptResult) => beat({ issue, activity: 'done; its work is being pushed', costUsd });
  return alone(dir, () => withAfterwards(deps, run, request, { dir, make, onMade }));
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
  const verdict = judge(workerOf(run, request).provider, end, secrets.env.TZ);
  const judges = isJudge(request);
  if (verdict.outcome !== 'ok') {
    // What one that judges leaves is nobody's work, and would be committed as if it were.
    const aside = judges ? await putBack(run, request, dir) : null;
    // One that somebody has ended says why itself.
    return aside === null || verdict.outcome !== 'failed'
      ? { ...figures, ...verdict }
      : { ...figures, ...tampering(aside) };
  }
  const { role, attemptId } = request;
  if (role) await keepAnswer(deps.stateDir, { role, attemptId }, end.answer || end.report.summary, secrets);
  try {
    if (judges) return await answered(run, request, { dir, figures, text: end.answer, secrets });
    return await delivered(deps, run, request, { figures, summary: end.report.summary, secrets });
  } catch (error) {
    // What it has cost is counted, also where nothing comes of its work.
    if (!(error instanceof LocusFailure) || failureKinds[error.type].course !== 'final') throw error;
    const failure = asFailure(error.type, error.message, error.details);
    return { ...figures, outcome: 'failed', failure, retry: false, killed: false };
  }
}

/** Of an agent that we ended over its cost: it may have been done before our signal came. */
async function lastWords(dir: string, options: FollowOptions): Promise<AttemptEnd> {
  const end = await followAttempt(dir, options);
  const isDone = end.outcome === 'exited' && end.code === 0 && end.report.error === null;
  return isDone ? end : { ...end, outcome: 'overspent' };
}

function followOptions(run: RunContext, request: AttemptRequest, secrets: RunSecrets): FollowOptions {
  const { agent: limits } = run.settings;
  const { provider, model } = workerOf(run, request);
  const agent = agentFor(provider);
  const { env } = agentEnvironment(agent, secrets.env, limits.env, identityOf(run, request));
  return {
    agent,
    stallMs: limits.stallMinutes * 60_000,
    ...(isJudge(request) ? { answerBytes: judgmentBytes } : {}),
    allowanceUsd: request.allowanceUsd,
    // Runs that began with an earlier Locus carry no prices.
    pricing: { model, prices: limits.prices ?? {} },
    sessionFile: (session) => sessionFile(agent, session, env, env.HOME ?? homedir()),
  };
}

function isJudge({ role }: AttemptRequest): boolean {
  return role !== undefined && isGate(role.name);
}

/** The provider and model of the attempt's role, in a plain run those of the run. */
function workerOf({ settings }: RunContext, { role }: AttemptRequest): Pick<AgentRole, 'provider' | 'model'> {
  return role ?? settings;
}

function identityOf({ runId }: RunContext, { task, attemptId, role }: AttemptRequest): AgentIdentity {
  const cycle = role ? { cycle: role.cycle } : {};
  return { role: role?.name ?? 'implementer', runId: role?.run ?? runId, issue: task.issue, attemptId, ...cycle };
}

async function start(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  dir: string,
  secrets: RunSecrets,
): Promise<void> {
  const { attemptId, workspace, session } = request;
  const { agent: limits } = run.settings;
  const { provider, model } = workerOf(run, request);
  const agent = agentFor(provider);
  const { env } = agentEnvironment(agent, secrets.env, limits.env, identityOf(run, request));
  const known = session !== null && (await hasSession(agent, session, env, env.HOME ?? homedir()));
  // An agent that was killed may have done away with it before.
  await placeOf(workspace);
  await noteAttempt(workspace, attemptId);
  await removeAgentLocks(workspace);
  if (!known) await endHalfDone(run, { workspace, start: request.startCommit, task: request.task });
  const place = { workspace, dir, env: secrets.env, provider, readOnly: isJudge(request) };
  const confined = await confine(deps, run, place);
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
