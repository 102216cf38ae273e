import { CancellationScope } from '@temporalio/workflow';
import type { AttemptRequest, AttemptResult } from '../activities/contract.ts';
import type { AgentRole } from '../domain/gated/run-input.ts';
import type { Provider } from '../domain/settings.ts';
import { isHostLost, shared } from './activities.ts';
import { type AgentStart, permitRequest, type Ready } from './ready.ts';
import type { Run } from './run.ts';
import { endsBefore, letsGo } from './settled.ts';
import { HostMoved, type Tools } from './tools.ts';

export interface AttemptPlan {
  readonly issue: number;
  readonly ready: Pick<Ready, 'workspace' | 'startCommit' | 'prompt' | 'start'>;
  /** The most that it may cost; null: no limit. */
  readonly allowanceUsd: number | null;
  /** Of a gated run; left out: the implementer of a plain one. */
  readonly role?: AgentRole;
  /** What ends the agent beside a halt or stop. */
  readonly isOver?: () => boolean;
  /** What its step goes on with once the work is made. */
  readonly afterwards?: AttemptRequest['afterwards'];
  /** Waits for the end of a usage limit that is known before the agent starts. */
  readonly outside?: (waiting: Promise<void>) => Promise<void>;
}

/** One agent, from its permit to its end. A halt ends the agent first and only then lets go of the activity. */
export async function attempt(run: Run, tools: Tools, plan: AttemptPlan): Promise<AttemptResult> {
  const { issue, ready, allowanceUsd, role } = plan;
  const { agent } = run.input.settings;
  const provider = role?.provider ?? run.input.settings.provider;
  const isCut = () => run.interrupted || (plan.isOver?.() ?? false);
  const start = ready.start ?? { attemptId: run.nextAttemptId(issue), permit: null };
  const { attemptId } = start;
  // A gated run lets an agent end that works; one that has not begun is not waited for.
  const isWanted = () => !isCut() && (role === undefined || run.haltWanted === null);
  const permit = await permitted(run, { issue, provider, isWanted, outside: plan.outside ?? within }, start);
  const { session } = run.task(issue);
  if (permit === 'given_up' || isCut()) return { outcome: 'ended', session, costUsd: 0, durationMs: 0 };

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
    ...(role ? { role } : {}),
    ...(plan.afterwards ? { afterwards: plan.afterwards } : {}),
  };
  const what = role ? `${role.name} ${role.cycle}` : `#${issue}`;
  const summary = `${what} ${provider}, attempt ${run.task(issue).attempts}`;
  // Once its host is lost there is no agent that works.
  const isOver = () => isCut() || (role !== undefined && run.haltWanted !== null);
  const scope = new CancellationScope();
  const result = scope.run(() =>
    tools.onHost((place) => place.agent.runAgent.executeWithOptions({ summary }, [run.context, request]), isOver),
  );
  const cutShort = !(await endsBefore(result, isCut));
  const over = cutShort ? endAgent(run, tools, issue).then(() => result) : result;
  let told: AttemptResult = { outcome: 'ended', session, costUsd: 0, durationMs: 0 };
  if (await letsGo(run, over)) told = await over.catch((error: unknown) => lost(run, issue, error));
  else scope.cancel();
  // Whatever went wrong then, an `agent.verify` that was ended too, says nothing about the work.
  const end = cutShort && told.outcome === 'failed' ? { ...told, outcome: 'ended' as const } : told;
  run.update(issue, { session: end.session });
  addCost(run, issue, end.costUsd);
  // It counts for nothing.
  if (end.outcome === 'ended' || end.outcome === 'limited')
    run.update(issue, { attempts: run.task(issue).attempts - 1 });
  return end;
}

async function endAgent(run: Run, tools: Tools, issue: number): Promise<void> {
  const request = { attemptId: run.task(issue).attemptId ?? '', force: run.forced };
  try {
    await tools.whereItIs(({ host }) =>
      host.endAgent.executeWithOptions({ summary: `#${issue} end the agent` }, [request]),
    );
  } catch (error) {
    // Nobody is there to end it: its lease does.
    if (!isHostLost(error)) throw error;
  }
}

function addCost(run: Run, issue: number, costUsd: number): void {
  if (costUsd > 0) run.update(issue, { costUsd: run.task(issue).costUsd + costUsd });
}

/** Nobody follows the agent of a lost host any more: it has cost at least what it told last. */
function lost(run: Run, issue: number, error: unknown): never {
  if (error instanceof HostMoved) {
    const { costUsd = 0 } = (error.lastHeartbeat ?? {}) as { readonly costUsd?: number };
    addCost(run, issue, costUsd);
  }
  throw error;
}

interface Wish {
  readonly issue: number;
  readonly provider: Provider;
  readonly isWanted: () => boolean;
  readonly outside: (waiting: Promise<void>) => Promise<void>;
}

const within = (waiting: Promise<void>) => waiting;

/** Waits until the account's gate lets the agent start, or it is wanted no more. */
async function permitted(
  run: Run,
  { issue, provider, isWanted, outside }: Wish,
  { attemptId, permit }: AgentStart,
): Promise<'granted' | 'given_up'> {
  const { agent } = run.input.settings;
  for (let known = permit; ; known = null) {
    const { at, limited } = known ?? (await ask(run, { issue, provider }, attemptId));
    if (at <= Date.now()) return 'granted';
    run.update(issue, { phase: 'waiting' });
    const reason = limited ? limitOf(provider) : `${agent.callsPerHour} agent starts an hour (${provider})`;
    const waiting = run.wait({ reason, until: at }, () => !isWanted());
    await (limited ? outside(waiting) : waiting);
    if (isWanted()) continue;
    await giveBack(run, { attemptId, permit: { at, limited } }, provider);
    return 'given_up';
  }
}

function ask(
  run: Run,
  { issue, provider }: { readonly issue: number; readonly provider: Provider },
  attemptId: string,
) {
  const summary = `#${issue} may start ${provider}`;
  return shared.acquirePermit.executeWithOptions({ summary }, [permitRequest(run, attemptId, provider)]);
}

/** A start that was reserved and is not made. One whose time has come counts all the same. */
export async function giveBack(
  run: Run,
  start: AgentStart | null,
  provider: Provider = run.input.settings.provider,
): Promise<void> {
  if (!start?.permit || start.permit.at <= Date.now()) return;
  await shared.releasePermit({ provider, attemptId: start.attemptId });
}

/** The account's usage limit was met: every run of that account sleeps until it is over, or a person wakes it. */
export async function limitOver(
  run: Run,
  issue: number,
  until: number | null,
  provider: Provider = run.input.settings.provider,
  isOver?: () => boolean,
): Promise<void> {
  const { attemptId } = run.task(issue);
  run.update(issue, { phase: 'waiting' });
  const told = await shared.reportLimit.executeWithOptions({ summary: `#${issue} ${limitOf(provider)}` }, [
    { provider, attemptId: attemptId ?? run.workflowId, runId: run.workflowId, until },
  ]);
  await run.wait({ reason: limitOf(provider), until: told.until }, isOver);
}

function limitOf(provider: string): string {
  return `the usage limit of ${provider}`;
}
