import { randomUUID } from 'node:crypto';
import { TypedSearchAttributes } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import type {
  AttemptRequest,
  AttemptResult,
  DoneAfterwards,
  HostActivities,
  SharedActivities,
  TrackerActivities,
} from '../../src/activities/contract.ts';
import type { GatedHostActivities, GatedTrackerActivities } from '../../src/activities/gated/contract.ts';
import type { PostPrHostActivities } from '../../src/activities/post-pr/contract.ts';
import { asFailure } from '../../src/domain/failures.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { hostQueue, progress, workflowTypes } from '../../src/workflows/messages.ts';
import { connect, createWorker } from '../support/temporal.ts';

export const done: AttemptResult = {
  outcome: 'done',
  commit: 'c'.repeat(40),
  summary: 'did it',
  session: null,
  costUsd: 0,
  durationMs: 1,
};

/** An agent's step that did afterwards whatever it was asked for, with the permit of the next agent. */
export async function doneWith(request: AttemptRequest, changes: Partial<DoneAfterwards> = {}): Promise<AttemptResult> {
  const { next } = request.afterwards ?? { next: null };
  const prepared = next && (await scripted({}, []).prepareTask({} as never, next));
  const permit = { at: Date.now(), limited: false };
  const afterwards = { pushed: true, next: prepared && { ...prepared, permit }, ...changes };
  return { ...done, afterwards } as AttemptResult;
}

export function failed(message: string, more: { retry?: boolean; killed?: boolean } = {}): AttemptResult {
  const failure = asFailure('AgentFailed', message);
  return { outcome: 'failed', failure, retry: true, killed: false, session: 's-1', costUsd: 0, durationMs: 1, ...more };
}

/** The provider's account has reached its limit. */
export function limited(until: number | null): AttemptResult {
  const failure = asFailure('UsageLimitReached', 'limit reached');
  return { outcome: 'limited', until, failure, session: 's-1', costUsd: 0.1, durationMs: 1 };
}

/** Ended by us, because it had cost so much. */
export function overspent(costUsd: number): AttemptResult {
  return { outcome: 'overspent', session: 's-1', costUsd, durationMs: 1 };
}

/** Everything the activities were asked for, in order, as `name issue`. */
export type Calls = string[];

export interface Stage {
  readonly env: TestWorkflowEnvironment;
  readonly worker: Worker;
  readonly queue: string;
  readonly hostId: string;
}

export interface Script {
  /** What each agent does; by default it succeeds. `n` counts the starts for that issue. */
  agent?(request: AttemptRequest, n: number, ended: Promise<void>): Promise<AttemptResult> | AttemptResult;
  readonly host?: Partial<HostActivities & GatedHostActivities & PostPrHostActivities>;
  readonly tracker?: Partial<TrackerActivities & GatedTrackerActivities>;
  readonly shared?: Partial<SharedActivities>;
}

/** Workflows of ours on a real server, with activities that follow a script. `codePath`: a bundle with a change. */
export async function openStage(
  script: Script,
  calls: Calls,
  codePath = process.env.TEST_WORKFLOW_BUNDLE ?? '',
): Promise<{ stage: Stage; close(): Promise<void> }> {
  const env = await connect();
  const hostId = randomUUID().slice(0, 8);
  const activities = scripted(script, calls);
  const worker = await createWorker(env, activities, { workflowBundle: { codePath } });
  const host = await createWorker(env, activities, {
    taskQueue: hostQueue(hostId),
    maxHeartbeatThrottleInterval: '1 second',
  });
  const running = Promise.all([worker.run(), host.run()]);
  const close = async () => {
    worker.shutdown();
    host.shutdown();
    await running;
    await env.teardown();
  };
  return { stage: { env, worker, queue: worker.options.taskQueue, hostId }, close };
}

export function scripted(script: Script, calls: Calls): HostActivities & TrackerActivities & SharedActivities {
  const starts = new Map<string, number>();
  const ends = new Map<string, { promise: Promise<void>; resolve: () => void }>();
  const endOf = (attemptId: string) => {
    const known = ends.get(attemptId);
    if (known) return known;
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    ends.set(attemptId, { promise, resolve });
    return { promise, resolve };
  };
  const log = (name: string, issue: number | string = '') => calls.push(`${name} ${issue}`.trim());
  const pull = { number: 99, url: 'http://tracker.test/pull/99' };
  const all: HostActivities & TrackerActivities & SharedActivities = {
    async writeTogether(run, writes) {
      const making = writes.map((write) =>
        write.kind === 'markStarted' ? all.markStarted(run, write.change) : all.reportResult(run, write.change),
      );
      return (await Promise.allSettled(making)).map(({ status }) => status === 'fulfilled');
    },
    async prepareTracker() {
      log('labels');
    },
    async markStarted(_run, { issue }) {
      log('started', issue);
    },
    async reportResult(_run, { issue, kind }) {
      log(kind, issue);
    },
    async clearStatus(_run, { issue }) {
      log('cleared', issue);
    },
    async openIssuePull(_run, { issue }) {
      log('pull', issue);
      return pull;
    },
    async openSprintPull(_run, { tasks }) {
      log('pull', tasks.map((task) => `${task.issue}:${task.status}`).join(','));
      return pull;
    },
    async prepareTask(_run, { task, resuming, attemptId }) {
      const again = attemptId === null ? 'prepare-anew' : 'prepare-resumed';
      log(resuming ? again : 'prepare', task.issue);
      const repository = { root: '/r', commonDir: '/r/.git', bare: false, worktreesDir: '/r/w', privateDir: '/p' };
      const workspace = {
        mode: 'worktree',
        repository,
        name: 'w',
        path: '/r/w/w',
        branch: task.branch,
        adminDir: null,
        indexFile: null,
      } as const;
      return {
        kind: 'ready',
        workspace,
        startCommit: 'a'.repeat(40),
        labels: [],
        prompt: { file: '/p/1', length: 1, sha256: '' },
        permit: null,
        branchExisted: false,
      };
    },
    async runAgent({ runId }, request) {
      const { issue } = request.task;
      const n = (starts.get(`${runId} ${issue}`) ?? 0) + 1;
      starts.set(`${runId} ${issue}`, n);
      log('agent', request.session ? `${issue} session ${request.session}` : issue);
      return (await script.agent?.(request, n, endOf(request.attemptId).promise)) ?? done;
    },
    async endAgent({ attemptId }) {
      log('end', attemptId.split('-')[1]);
      endOf(attemptId).resolve();
    },
    async keepUnfinished(_run, { task }) {
      log('keep', task.issue);
      return { kept: true };
    },
    async pushBranch(_run, { branch }) {
      log('push', branch);
    },
    async releaseWorkspace(_run, { branch }) {
      log('release', branch);
    },
    async leaveWorkspace() {
      log('leave');
    },
    async claimWorkspace() {
      log('claim');
      return { hostId: '' };
    },
    async acquirePermit() {
      return { at: Date.now(), limited: false };
    },
    async reportLimit({ until }) {
      log('limit');
      return { until: until ?? Date.now() };
    },
    async releasePermit() {
      log('permit-returned');
    },
    ...script.host,
    ...script.tracker,
    ...script.shared,
  };
  return all;
}

export async function start(stage: Pick<Stage, 'env' | 'queue'>, input: RunInput) {
  return stage.env.client.workflow.start(workflowTypes[input.type], {
    workflowId: input.runId,
    taskQueue: stage.queue,
    args: [input],
    typedSearchAttributes: new TypedSearchAttributes([]),
  });
}

export type Handle = Awaited<ReturnType<typeof start>>;

export async function finished(handle: Handle): Promise<RunState> {
  return (await handle.result()) as RunState;
}

export const isHalted = ({ status }: Pick<RunState, 'status'>) => status === 'halted';

/** Asks a run for its state until it is as wanted. */
export async function until(
  handle: Handle,
  wanted: (state: RunState) => boolean,
  withinMs = 15_000,
): Promise<RunState> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const state = await handle.query(progress);
    if (wanted(state)) return state;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
