import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { BudgetLimits } from '../domain/budget.ts';
import { issuesOfWork } from '../domain/gated/run-input.ts';
import type { RunInput, RunMemo, RunState } from '../domain/run.ts';
import {
  attributes,
  halt,
  lockType,
  progress,
  resume,
  sharedQueue,
  stop,
  wake,
  workflowTypes,
} from '../workflows/messages.ts';

export interface FoundRun {
  /** The workflow id. */
  readonly runId: string;
  readonly open: boolean;
  /** The parallel run it is a part of. */
  readonly parent: string | null;
  /** null before the workflow's first step. */
  readonly memo: RunMemo | null;
  readonly startedAt: Date;
  readonly closedAt: Date | null;
  /** How Temporal calls its end, such as COMPLETED or TERMINATED. */
  readonly ending: string;
}

/** Starts a run; false where a run with that id goes on. */
export async function startRun(client: Client, input: RunInput): Promise<boolean> {
  const issues = (issuesOfWork(input) ?? input.tasks.map(({ issue }) => issue)).map(String);
  try {
    await client.workflow.start(workflowTypes[input.type], {
      workflowId: input.runId,
      taskQueue: sharedQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: summaryOf(input),
      typedSearchAttributes: new TypedSearchAttributes([
        { key: attributes.repo, value: input.repoName },
        { key: attributes.mode, value: input.type },
        { key: attributes.state, value: 'running' },
        { key: attributes.issues, value: issues.slice(0, 100) },
        ...(input.sprint ? [{ key: attributes.sprint, value: input.sprint.title.slice(0, 200) }] : []),
        ...(input.branch ? [{ key: attributes.branch, value: input.branch }] : []),
      ]),
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** The latest execution of a run, or null. */
export async function findRun(client: Client, runId: string): Promise<FoundRun | null> {
  try {
    const found = await client.workflow.getHandle(runId).describe();
    const open = found.status.name === 'RUNNING';
    // A lock that was let go was no run.
    if (found.type === lockType && !open) return null;
    return {
      runId,
      open,
      parent: found.parentExecution?.workflowId ?? null,
      memo: (found.memo?.run as RunMemo | undefined) ?? null,
      startedAt: found.startTime,
      closedAt: found.closeTime ?? null,
      ending: found.status.name,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Runs, newest first. `open`: only those that go on. Parts of parallel runs are left out. */
export async function listRuns(
  client: Client,
  query: { readonly open: boolean; readonly limit: number },
): Promise<FoundRun[]> {
  const types = Object.values(workflowTypes).map((type) => `'${type}'`);
  const running = query.open ? " AND ExecutionStatus = 'Running'" : '';
  const found: FoundRun[] = [];
  for await (const each of client.workflow.list({ query: `WorkflowType IN (${types.join(', ')})${running}` })) {
    if (each.parentExecution) continue;
    found.push({
      runId: each.workflowId,
      open: each.status.name === 'RUNNING',
      parent: null,
      memo: (each.memo?.run as RunMemo | undefined) ?? null,
      startedAt: each.startTime,
      closedAt: each.closeTime ?? null,
      ending: each.status.name,
    });
    if (found.length >= query.limit) break;
  }
  return found;
}

/** An open run of the repository, other than `except`, that works on one of these issues; null: none. */
export async function findHolder(
  client: Client,
  { key, issues, except }: { readonly key: string; readonly issues: readonly number[]; readonly except: string },
): Promise<{ readonly runId: string; readonly issue: number } | null> {
  for (let from = 0; from < issues.length; from += mostInQuery) {
    const some = issues.slice(from, from + mostInQuery);
    const numbers = some.map((issue) => `'${issue}'`).join(', ');
    const query = `ExecutionStatus = 'Running' AND LocusIssues IN (${numbers})`;
    for await (const run of client.workflow.list({ query })) {
      if (!run.workflowId.startsWith(`locus/${key}/`) || run.workflowId === except || run.parentExecution) continue;
      const theirs = run.typedSearchAttributes.get(attributes.issues) ?? [];
      const issue = some.find((each) => theirs.includes(String(each)));
      if (issue !== undefined) return { runId: run.workflowId, issue };
    }
  }
  return null;
}

const mostInQuery = 100;

/** What the latest execution of a run was started with; null where the server has forgotten it. */
export async function startedWith(client: Client, runId: string): Promise<RunInput | null> {
  const { events } = (
    await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: runId },
      maximumPageSize: 1,
    })
  ).history ?? { events: [] };
  const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) return null;
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  return payloads[0] ? payloadConverter.fromPayload<RunInput>(payloads[0]) : null;
}

/** The whole state: from the result of a run that came to its end, else by a query, for which a worker must answer in `deadlineMs`. */
export async function readState(client: Client, runId: string, deadlineMs = 1000): Promise<RunState | null> {
  const { status } = await client.workflow.getHandle(runId).describe();
  return stateOf(client, runId, status.name, deadlineMs);
}

/** The same where Temporal has just told how the run stands. */
export async function stateOf(
  client: Client,
  runId: string,
  standing: string,
  deadlineMs = 1000,
): Promise<RunState | null> {
  const handle = client.workflow.getHandle(runId);
  if (standing === 'COMPLETED') return (await handle.result()) as RunState;
  try {
    return await client.connection.withDeadline(Date.now() + deadlineMs, () => handle.query(progress));
  } catch {
    return null;
  }
}

export async function haltRun(client: Client, runId: string, reason: string, force = false): Promise<void> {
  await client.workflow.getHandle(runId).signal(halt, { reason, force });
}

/** `budgets`: what the config says now; left out: the run keeps its own. */
export async function resumeRun(client: Client, runId: string, budgets?: BudgetLimits): Promise<void> {
  await client.workflow.getHandle(runId).signal(resume, budgets ? { budgets } : {});
}

/** What it waits for may have come earlier. */
export async function tellToAskAgain(client: Client, runId: string): Promise<void> {
  await client.workflow.getHandle(runId).signal(wake);
}

export async function stopRun(client: Client, runId: string, reason: string): Promise<void> {
  await client.workflow.getHandle(runId).signal(stop, { reason });
}

/** Looks until a run is as wanted, or has ended, or `waitMs` have passed; answers how it is then. */
export async function runUntil(
  client: Client,
  runId: string,
  wanted: (run: FoundRun) => boolean,
  waitMs: number,
): Promise<FoundRun | null> {
  for (const end = Date.now() + waitMs; ; await delay(100)) {
    const run = await findRun(client, runId);
    if (!run?.open || wanted(run) || Date.now() > end) return run;
  }
}

export async function terminateRun(client: Client, runId: string, reason: string): Promise<void> {
  await client.workflow.getHandle(runId).terminate(reason);
}

function summaryOf(input: RunInput): string {
  const [first] = input.tasks;
  const what =
    input.sprint?.title ??
    (input.tasks.length === 1 && first ? `#${first.issue} ${first.title}` : `${input.tasks.length} issues`);
  return `${input.repoName}: ${what}`.replace(/\s+/g, ' ').slice(0, 200);
}
