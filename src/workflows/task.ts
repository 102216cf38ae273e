import { condition, isCancellation } from '@temporalio/workflow';
import type { AttemptResult, PreparedTask } from '../activities/contract.ts';
import type { Failure } from '../domain/failures.ts';
import { failureOf, shared, type Tools } from './activities.ts';
import { releaseWorkspace } from './endings.ts';
import { patiently } from './patience.ts';
import { type Run, RunStopped } from './run.ts';
import { reportDone, reportFailed, reportLeft, reportStarted } from './task-reports.ts';
import type { TrackerWrites } from './tracker-writes.ts';

type Ready = Extract<PreparedTask, { readonly kind: 'ready' }>;

/** An attempt, or a task, that ended badly; carries the failure as data. Never leaves this file. */
class TaskFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * The only implementation of a task: one issue from a clean workspace to a confirmed push. Ends with the task done,
 * failed or skipped; halts inside where a person must act first. Throws RunStopped when the run is to end.
 */
export async function runTask(run: Run, tools: Tools, writes: TrackerWrites, issue: number): Promise<void> {
  run.update(issue, {
    status: 'in_progress',
    phase: 'preparing',
    startedAt: Date.now(),
    finishedAt: null,
    error: null,
    session: null,
  });
  let ready: Ready | null = null;
  try {
    if (run.task(issue).commit === null) {
      ready = await prepare(run, tools, issue, false);
      if (ready) reportStarted(run, tools, writes, issue, ready.labels);
      const isDone = ready !== null && (await work(run, tools, issue, ready));
      if (!isDone) {
        run.update(issue, { status: 'skipped', phase: null, finishedAt: Date.now() });
        if (ready) reportLeft(run, tools, writes, issue);
        return;
      }
    }
    await publish(run, tools, issue, ready?.branchExisted ?? true);
    run.update(issue, { status: 'done', phase: null, finishedAt: Date.now() });
    reportDone(run, tools, writes, issue, ready !== null);
    if (run.input.type !== 'sprint') await releaseWorkspace(run, tools, run.task(issue).branch);
  } catch (error) {
    if (error instanceof RunStopped || isCancellation(error)) throw error;
    const failure = error instanceof TaskFailed ? error.failure : failureOf(error);
    const { failures, commit } = run.task(issue);
    // What broke off in between has left its work in the workspace, where the next task would clean it away.
    if (ready && commit === null && !(error instanceof TaskFailed)) await rescue(run, tools, issue, ready);
    run.update(issue, {
      status: 'failed',
      phase: null,
      error: failure,
      failures: failures + 1,
      finishedAt: Date.now(),
    });
    reportFailed(run, tools, writes, issue, failure, ready !== null);
  }
}

/** Makes the workspace ready; null where the issue was closed. */
async function prepare(run: Run, tools: Tools, issue: number, resuming: boolean): Promise<Ready | null> {
  const prepared = await patiently(run, () => {
    const { startCommit, attemptId } = run.task(issue);
    return tools.host.prepareTask.executeWithOptions({ summary: `#${issue} prepare` }, [
      run.context,
      {
        task: run.specOf(issue),
        resuming,
        startCommit: resuming ? startCommit : null,
        attemptId: resuming ? attemptId : null,
      },
    ]);
  });
  if (prepared.kind === 'closed') return null;
  run.update(issue, { startCommit: prepared.startCommit });
  return prepared;
}

/**
 * Starts agents until one has done the work, at most `agent.maxAttempts` of them; what was ended by a halt does not
 * count. False where the issue was closed during a halt.
 */
async function work(run: Run, tools: Tools, issue: number, prepared: Ready): Promise<boolean> {
  const { maxAttempts } = run.input.settings.agent;
  let ready = prepared;
  for (let attempts = 1; ; ) {
    const result = await attempt(run, tools, issue, ready);
    run.update(issue, { session: result.session, costUsd: run.task(issue).costUsd + result.costUsd });
    if (result.outcome === 'done') {
      run.update(issue, { commit: result.commit, summary: result.summary });
      return true;
    }
    if (result.outcome === 'failed' && result.killed && attempts < maxAttempts) {
      attempts += 1;
      continue;
    }
    await keepUnfinished(run, tools, issue, ready);
    if (result.outcome === 'failed') {
      if (!result.retry || attempts >= maxAttempts) throw new TaskFailed(result.failure);
      attempts += 1;
      run.update(issue, { session: null });
      continue;
    }
    const again = await afterHalt(run, tools, issue);
    if (again === null) return false;
    ready = again;
  }
}

/** One agent, from its permit to its end. A halt ends the agent first and only then lets go of the activity. */
async function attempt(run: Run, tools: Tools, issue: number, ready: Ready): Promise<AttemptResult> {
  const attemptId = run.nextAttemptId(issue);
  const before = run.task(issue).attemptId;
  const { provider, agent } = run.input.settings;
  const { at } = await shared.acquirePermit.executeWithOptions({ summary: `#${issue} may start ${provider}` }, [
    { provider, attemptId, limit: agent.callsPerHour },
  ]);
  run.update(issue, { phase: at > Date.now() ? 'waiting' : 'working', attemptId });
  await run.waitUntil(at, `${agent.callsPerHour} agent starts an hour (${provider})`);
  if (run.interrupted) {
    await shared.releasePermit({ provider, attemptId });
    // What is kept, or lies in the workspace, is still the last one's.
    run.update(issue, { attemptId: before });
    return { outcome: 'ended', session: run.task(issue).session, costUsd: 0, durationMs: 0 };
  }

  run.update(issue, { phase: 'working', attempts: run.task(issue).attempts + 1 });
  let settled = false;
  const result = tools.agent.runAgent
    .executeWithOptions({ summary: `#${issue} ${provider}, attempt ${run.task(issue).attempts}` }, [
      run.context,
      {
        task: run.specOf(issue),
        attemptId,
        workspace: ready.workspace,
        startCommit: ready.startCommit,
        promptFile: ready.prompt.file,
        session: run.task(issue).session,
        deadline: Math.round(Date.now() / 1000) + agent.timeoutMinutes * 60,
        allowanceUsd: null,
      },
    ])
    .finally(() => {
      settled = true;
    });
  await Promise.race([condition(() => settled || run.interrupted), result.catch(() => {})]);
  const cutShort = !settled;
  if (cutShort) {
    const request = { attemptId, force: run.forced };
    await tools.host.endAgent.executeWithOptions({ summary: `#${issue} end the agent` }, [request]);
  }
  const told = await result;
  // Whatever went wrong then, an `agent.verify` that was ended too, says nothing about the work.
  const end = cutShort && told.outcome === 'failed' ? { ...told, outcome: 'ended' as const } : told;
  // It counts for nothing.
  if (end.outcome === 'ended') run.update(issue, { attempts: run.task(issue).attempts - 1 });
  return end;
}

async function keepUnfinished(run: Run, tools: Tools, issue: number, ready: Ready): Promise<void> {
  const { attemptId } = run.task(issue);
  const { kept } = await tools.host.keepUnfinished.executeWithOptions({ summary: `#${issue} keep unfinished work` }, [
    run.context,
    { task: run.specOf(issue), workspace: ready.workspace, attemptId, startCommit: ready.startCommit },
  ]);
  run.update(issue, { unfinished: kept });
}

async function rescue(run: Run, tools: Tools, issue: number, ready: Ready): Promise<void> {
  try {
    await keepUnfinished(run, tools, issue, ready);
  } catch (error) {
    run.warn(`#${issue}: its unfinished work could not be kept: ${failureOf(error).message}`);
  }
}

/** Waits for `resume`, then makes the workspace ready again with the unfinished work in it. */
async function afterHalt(run: Run, tools: Tools, issue: number): Promise<Ready | null> {
  run.update(issue, { phase: 'halted' });
  await run.checkpoint();
  run.update(issue, { phase: 'preparing' });
  return prepare(run, tools, issue, true);
}

/** Pushes the task's commit; a standalone issue gets its pull request. */
async function publish(run: Run, tools: Tools, issue: number, mayExist: boolean): Promise<void> {
  const { commit, branch, title, summary } = run.task(issue);
  if (commit === null) return;
  const { input, context } = run;
  if (input.remote !== null) {
    await patiently(run, () => {
      run.update(issue, { phase: 'pushing' });
      return tools.host.pushBranch.executeWithOptions({ summary: `#${issue} push ${branch}` }, [
        context,
        { branch, commit },
      ]);
    });
  }
  if (input.type === 'sprint' || !input.settings.agent.autoPR) return;
  let again = false;
  const pull = await patiently(run, () => {
    const request = { issue, title, branch, summary: summary ?? '', mayExist: mayExist || input.restarted || again };
    again = true;
    return tools.tracker.openIssuePull.executeWithOptions({ summary: `#${issue} pull request` }, [context, request]);
  });
  run.update(issue, { pr: pull.number, prUrl: pull.url });
}
