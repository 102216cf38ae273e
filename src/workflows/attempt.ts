import { condition } from '@temporalio/workflow';
import type { AttemptResult, PreparedTask } from '../activities/contract.ts';
import { shared } from './activities.ts';
import type { Run } from './run.ts';
import type { Tools } from './tools.ts';

export type Ready = Extract<PreparedTask, { readonly kind: 'ready' }>;

export interface AttemptPlan {
  readonly issue: number;
  readonly ready: Ready;
  /** The most that it may cost; null: no limit. */
  readonly allowanceUsd: number | null;
}

/** One agent, from its permit to its end. A halt ends the agent first and only then lets go of the activity. */
export async function attempt(run: Run, tools: Tools, plan: AttemptPlan): Promise<AttemptResult> {
  const { issue, ready, allowanceUsd } = plan;
  const { provider, agent } = run.input.settings;
  const attemptId = run.nextAttemptId(issue);
  await permitted(run, issue, attemptId);
  const { session } = run.task(issue);
  if (run.interrupted) return { outcome: 'ended', session, costUsd: 0, durationMs: 0 };

  run.update(issue, { phase: 'working', attemptId, attempts: run.task(issue).attempts + 1 });
  const request = {
    task: run.specOf(issue),
    attemptId,
    workspace: ready.workspace,
    startCommit: ready.startCommit,
    promptFile: ready.prompt.file,
    session,
    deadline: Math.round(Date.now() / 1000) + agent.timeoutMinutes * 60,
    allowanceUsd,
  };
  const summary = `#${issue} ${provider}, attempt ${run.task(issue).attempts}`;
  let settled = false;
  const result = tools
    .onHost((place) => place.agent.runAgent.executeWithOptions({ summary }, [run.context, request]))
    .finally(() => {
      settled = true;
    });
  await Promise.race([condition(() => settled || run.interrupted), result.catch(() => {})]);
  const cutShort = !settled;
  if (cutShort) await endAgent(run, tools, issue);
  const told = await result;
  // Whatever went wrong then, an `agent.verify` that was ended too, says nothing about the work.
  const end = cutShort && told.outcome === 'failed' ? { ...told, outcome: 'ended' as const } : told;
  run.update(issue, { session: end.session, costUsd: run.task(issue).costUsd + end.costUsd });
  // It counts for nothing.
  if (end.outcome === 'ended' || end.outcome === 'limited')
    run.update(issue, { attempts: run.task(issue).attempts - 1 });
  return end;
}

async function endAgent(run: Run, tools: Tools, issue: number): Promise<void> {
  const request = { attemptId: run.task(issue).attemptId ?? '', force: run.forced };
  await tools.onHost(({ host }) => host.endAgent.executeWithOptions({ summary: `#${issue} end the agent` }, [request]));
}

/** Waits until the account's gate lets the agent start, or the run is interrupted. */
async function permitted(run: Run, issue: number, attemptId: string): Promise<void> {
  const { provider, agent } = run.input.settings;
  const perHour = agent.callsPerHour;
  for (;;) {
    const { at, limited } = await shared.acquirePermit.executeWithOptions(
      { summary: `#${issue} may start ${provider}` },
      [{ provider, attemptId, runId: run.workflowId, perHour }],
    );
    if (at <= Date.now()) return;
    run.update(issue, { phase: 'waiting' });
    const reason = limited ? limitOf(provider) : `${perHour} agent starts an hour (${provider})`;
    await run.wait({ reason, until: at });
    if (!run.interrupted) continue;
    await shared.releasePermit({ provider, attemptId });
    return;
  }
}

/** The account's usage limit was met: every run of that account sleeps until it is over, or a person wakes it. */
export async function limitOver(run: Run, issue: number, until: number | null): Promise<void> {
  const { provider } = run.input.settings;
  const { attemptId } = run.task(issue);
  run.update(issue, { phase: 'waiting' });
  const told = await shared.reportLimit.executeWithOptions({ summary: `#${issue} ${limitOf(provider)}` }, [
    { provider, attemptId: attemptId ?? run.workflowId, runId: run.workflowId, until },
  ]);
  await run.wait({ reason: limitOf(provider), until: told.until });
}

function limitOf(provider: string): string {
  return `the usage limit of ${provider}`;
}
