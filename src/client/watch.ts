import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { LocusFailure } from '../domain/failures.ts';
import type { RunMemo, RunState } from '../domain/run.ts';
import { untilAnswered } from './deadline.ts';
import { stateOf } from './runs.ts';

/** What an activity that runs, or is tried again, says of itself. */
export interface Activity {
  readonly name: string;
  readonly attempt: number;
  /** The last failure, where it is being tried again. */
  readonly problem: string | null;
  /** The agent's latest words or tool; null for other activities. */
  readonly agent: AgentActivity | null;
}

export interface AgentActivity {
  readonly issue: number;
  readonly activity: string | null;
  readonly costUsd: number;
}

export interface Glance {
  /** null while no worker has answered yet. */
  readonly state: RunState | null;
  readonly memo: RunMemo | null;
  readonly activities: readonly Activity[];
  readonly ended: boolean;
}

const everyMs = 250;
/**
 * The state of a run of a thousand tasks is large: looking at it must not be what its worker is busy with. A look at a small
 * one costs little, but may take a second where no worker is there yet.
 */
const pace = { usual: { shareOfTime: 4, longestMs: 500 }, large: { shareOfTime: 20, longestMs: 3000 } };
const largeFrom = 100;
/** Events of a run that no worker has had yet: there is nobody to ask, and a look would wait a second for the answer. */
const beforeFirstStep = 2;
/** Parts of a run may be many. */
const partsEveryMs = 10_000;

/** Looks at a run again and again until it has ended; needs no worker, but shows more with one. */
export async function* watchRun(client: Client, runId: string, signal?: AbortSignal): AsyncGenerator<Glance> {
  let seen = -1;
  let state: RunState | null = null;
  let parts: { readonly at: number; readonly stuck: readonly Activity[] } = { at: 0, stuck: [] };
  for (;;) {
    signal?.throwIfAborted();
    const began = performance.now();
    const found = await untilAnswered(() => client.workflow.getHandle(runId).describe());
    if (Date.now() > parts.at + partsEveryMs) parts = { at: Date.now(), stuck: await stuckParts(client, found) };
    const memo = (found.memo?.run as RunMemo | undefined) ?? null;
    const ended = found.status.name !== 'RUNNING';
    const isBegun = found.historyLength > beforeFirstStep;
    if (ended || (isBegun && found.historyLength !== seen)) {
      const fresh: RunState | null = await untilAnswered(() => stateOf(client, runId, found.status.name));
      if (fresh) {
        state = fresh;
        seen = found.historyLength;
      }
    }
    if (ended && found.status.name !== 'COMPLETED') {
      throw new LocusFailure(
        'RunConflict',
        `the run ${runId} was ended from outside (${found.status.name.toLowerCase()})`,
        {
          remedy: 'start it again with `locus run`; finished work is on its branch',
        },
      );
    }
    const took = performance.now() - began;
    yield { state, memo, ended, activities: [...activitiesOf(found), ...parts.stuck] };
    if (ended) return;
    const { shareOfTime, longestMs } = (state?.tasks.length ?? 0) > largeFrom ? pace.large : pace.usual;
    const pause = Math.min(longestMs, Math.max(everyMs, took * (shareOfTime - 1)));
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** What waits to be tried again, in a run and its parts; needs no worker. */
export async function stuckActivities(client: Client, runId: string): Promise<Activity[]> {
  const found = await client.workflow.getHandle(runId).describe();
  return [...activitiesOf(found).filter(isStuck), ...(await stuckParts(client, found))];
}

async function stuckParts(client: Client, { raw }: Described): Promise<Activity[]> {
  const parts = (raw.pendingChildren ?? []).map(async ({ workflowId }) =>
    // One that has ended meanwhile is not stuck.
    client.workflow
      .getHandle(workflowId ?? '')
      .describe()
      .then(activitiesOf, () => []),
  );
  return (await Promise.all(parts)).flat().filter(isStuck);
}

function activitiesOf({ raw }: Described): Activity[] {
  return (raw.pendingActivities ?? []).map(asActivity);
}

function isStuck({ problem }: Activity): boolean {
  return problem !== null;
}

type Described = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>>;
type Pending = NonNullable<Described['raw']['pendingActivities']>[number];

function asActivity(pending: Pending): Activity {
  const [payload] = pending.heartbeatDetails?.payloads ?? [];
  const attempt = pending.attempt ?? 1;
  const waits = pending.state === scheduled;
  return {
    name: pending.activityType?.name ?? '',
    attempt,
    problem: attempt > 1 && waits ? problemOf(pending.lastFailure?.message ?? '') : null,
    agent: payload ? (defaultPayloadConverter.fromPayload(payload) as AgentActivity | null) : null,
  };
}

/** Number of PENDING_ACTIVITY_STATE_SCHEDULED in temporal.api.enums.v1. */
const scheduled = 1;

function problemOf(message: string): string {
  return /heartbeat timeout|worker is shutting down/i.test(message)
    ? 'its worker went away; the next one goes on with it'
    : message;
}
