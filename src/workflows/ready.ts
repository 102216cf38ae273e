import type { PreparedTask, PrepareRequest } from '../activities/contract.ts';
import type { PermitAnswer } from '../domain/permits.ts';
import { patiently } from './patience.ts';
import type { Run } from './run.ts';
import type { Tools } from './tools.ts';

/** The one agent start that was asked for while the workspace was made ready. */
export interface AgentStart {
  readonly attemptId: string;
  /** As the account's gate has answered; null: it has not. */
  readonly permit: PermitAnswer | null;
}

/** A workspace in which an agent can start. */
export interface Ready extends Omit<Extract<PreparedTask, { readonly kind: 'ready' }>, 'permit'> {
  /** null: made use of. */
  readonly start: AgentStart | null;
}

export interface Resumption {
  /** The attempt whose kept work is given back; null: nothing is. */
  readonly unfinished: string | null;
}

const mostReadAhead = 8;

/** Makes the workspace ready; null where the issue was closed. */
export async function prepare(run: Run, tools: Tools, issue: number, again?: Resumption): Promise<Ready | null> {
  const attemptId = run.nextAttemptId(issue);
  const prepared = await patiently(run, () => {
    run.update(issue, { phase: 'preparing' });
    const request = {
      task: run.specOf(issue),
      resuming: again !== undefined,
      startCommit: again ? run.task(issue).startCommit : null,
      attemptId: again?.unfinished ?? null,
      permit: permitRequest(run, attemptId),
      pushed: hasCommits(run, issue),
      next: following(run, issue),
    };
    return tools.onHost(({ host }) =>
      host.prepareTask.executeWithOptions({ summary: `#${issue} prepare` }, [run.context, request]),
    );
  });
  return asReady(run, issue, attemptId, prepared);
}

/** What is asked for where a task's workspace is made ready in the step of the one before it. */
export function requestAhead(run: Run, issue: number): PrepareRequest {
  return {
    task: run.specOf(issue),
    resuming: false,
    startCommit: null,
    attemptId: null,
    permit: permitRequest(run, run.attemptIdAhead(issue)),
    pushed: run.input.remote !== null,
    next: following(run, issue),
  };
}

/** A workspace that was made ready for this attempt; null where the issue was closed. */
export function asReady(run: Run, issue: number, attemptId: string, prepared: PreparedTask): Ready | null {
  if (prepared.kind === 'closed') return null;
  run.update(issue, { startCommit: prepared.startCommit });
  const { permit, ...ready } = prepared;
  return { ...ready, start: { attemptId, permit } };
}

/** What the account's gate is asked for one agent start. */
export function permitRequest(run: Run, attemptId: string, provider = run.input.settings.provider) {
  const { agent } = run.input.settings;
  return { provider, attemptId, runId: run.workflowId, perHour: agent.callsPerHour };
}

/** Whether the branch holds work of this run, which is on the remote or on its way there. */
function hasCommits(run: Run, issue: number): boolean {
  const { branch } = run.task(issue);
  return run.input.remote !== null && run.state.tasks.some((task) => task.branch === branch && task.commit !== null);
}

/** Issues of the tasks that come next in a sprint. */
function following(run: Run, issue: number): number[] {
  if (run.input.type !== 'sprint') return [];
  const pending = run.state.tasks.filter((task) => task.status === 'pending' && task.issue !== issue);
  return pending.slice(0, mostReadAhead).map((task) => task.issue);
}
