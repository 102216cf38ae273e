import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { pruneAttempts } from './activities/attempts.ts';
import { failureBorder } from './activities/border.ts';
import type { Dependencies } from './activities/deps.ts';
import { guardLog } from './activities/gated/guard-log.ts';
import { createHostActivities } from './activities/host.ts';
import { IssueReader } from './activities/read-ahead.ts';
import { createSharedActivities } from './activities/shared.ts';
import { createTrackerActivities } from './activities/tracker.ts';
import { boundedCalls } from './client/deadline.ts';
import { Gates } from './client/gate.ts';
import { findRun, readState } from './client/runs.ts';
import { useLauncher } from './launch/launcher.ts';
import { resolveTemporal, type TemporalTarget } from './server/connection.ts';
import { deploymentOf, versioningOf } from './server/deployment.ts';
import { listen } from './server/heard.ts';
import { announceWorker } from './server/keeper-file.ts';
import { secretsFor } from './server/run-secrets.ts';
import { registerSearchAttributes } from './server/search-attributes.ts';
import { openSlots, type Slots } from './server/slots.ts';
import { hostId, stateDir } from './server/state.ts';
import { locusVersion } from './server/version.ts';
import { hostQueue, hostsQueue, sharedQueue } from './workflows/messages.ts';

/** Runs a worker until it is told to stop. Agents that it follows go on without it. */
export async function runWorker(): Promise<void> {
  useLauncher();
  boundGarbage();
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const state = await stateDir();
  const target = await resolveTemporal({ stateDir: state, start: false, onProgress: () => {} });
  const connection = await NativeConnection.connect(target.connectionOptions);
  const clientConnection = await Connection.connect({ ...target.connectionOptions, interceptors: boundedCalls() });
  await registerSearchAttributes(clientConnection, target.namespace);
  const client = new Client({
    connection: clientConnection,
    namespace: target.namespace,
    dataConverter: target.dataConverter,
  });
  const slots = await openSlots(state, slotCount());
  const host = await hostId(state);
  const heard = listen(clientConnection);
  const isHere = (workflowId: string) => isAtWorkOn(client, workflowId, host);
  const secrets = secretsFor(state);
  const deps: Dependencies = {
    stateDir: state,
    hostId: host,
    gate: new Gates(client),
    slots,
    issues: new IssueReader(),
    secrets: (run) => secrets(run.tracker),
    isRunOpen: async (runId) => (await findRun(client, runId))?.open ?? false,
    isHere,
    hearsServer: heard.lately,
  };
  const workers = await createWorkers(connection, target, { deps, slots });
  const sweeping = setInterval(() => slots.sweep(isHere).catch(() => {}), 30_000);
  const running = Promise.all(workers.map((worker) => worker.run()));
  await announceWorker(state, { pid: process.pid, address: target.address, version: locusVersion() });
  tidyHourly(deps);
  await running.finally(() => {
    clearInterval(sweeping);
    heard.stop();
    return Promise.all([connection.close(), clientConnection.close()]);
  });
}

/**
 * Node lets a heap that is quick to clear grow to four times what lives in it before it does: with fifty agents 180 MB,
 * for 45. That factor is 1.6 here, for the workflows' thread as well. A Node that does not know the flag says so and goes on.
 */
function boundGarbage(): void {
  setFlagsFromString('--heap-growing-percent=60');
}

/** How many workspaces of fleet runs this host has at once: `LOCUS_SLOTS`, else one per core and at least 2. */
function slotCount(): number {
  return Number(process.env.LOCUS_SLOTS) || Math.max(2, availableParallelism());
}

/** While nobody can tell, it counts as at work here. */
async function isAtWorkOn(client: Client, workflowId: string, host: string): Promise<boolean> {
  if (!((await findRun(client, workflowId))?.open ?? false)) return false;
  const state = await readState(client, workflowId, 5000);
  return state === null || state.hostId === host;
}

/** Not at the start, when runs wait for their worker; never what keeps the process from ending. */
function tidyHourly(deps: Dependencies): void {
  const tidy = () =>
    pruneAttempts(deps).catch((error: unknown) => console.error('old attempts could not be removed', error));
  setTimeout(tidy, 60_000).unref();
  setInterval(tidy, 60 * 60_000).unref();
}

async function createWorkers(
  connection: NativeConnection,
  target: TemporalTarget,
  { deps, slots }: { readonly deps: Dependencies; readonly slots: Slots },
): Promise<Worker[]> {
  const tracker = createTrackerActivities(deps);
  const { claimWorkspace, ...gate } = createSharedActivities(deps);
  const embedded = !target.configured;
  // Within the border, where a failure is still ours.
  const blocksNoted = () => ({ inbound: guardLog(deps.stateDir) });
  const common = {
    connection,
    namespace: target.namespace,
    dataConverter: target.dataConverter,
    interceptors: { activity: [() => ({ inbound: failureBorder() }), blocksNoted] },
    // With the defaults a cancellation reaches an activity after 0.8 × its heartbeat timeout.
    maxHeartbeatThrottleInterval: embedded ? '1 second' : '5 seconds',
    shutdownGraceTime: 0,
    shutdownForceTime: '10 seconds',
  } satisfies Partial<WorkerOptions>;
  return Promise.all([
    Worker.create({
      ...common,
      ...workflowSource(),
      ...versioningOf(embedded ? null : deploymentOf(process.env.LOCUS_DEPLOYMENT)),
      taskQueue: sharedQueue,
      interceptors: { activity: [() => ({ inbound: failureBorder({ waitForCredentials: true }) }), blocksNoted] },
      activities: { ...tracker, ...gate },
      stickyQueueScheduleToStartTimeout: embedded ? '1 second' : '10 seconds',
    }),
    Worker.create({ ...common, taskQueue: hostsQueue, activities: { claimWorkspace }, tuner: tunerOf(slots) }),
    Worker.create({
      ...common,
      taskQueue: hostQueue(deps.hostId),
      activities: { ...createHostActivities(deps), ...tracker },
      maxConcurrentActivityTaskExecutions: 1000,
    }),
  ]);
}

function tunerOf({ supplier }: Slots): WorkerOptions['tuner'] {
  const one = { type: 'fixed-size', numSlots: 1 } as const;
  return {
    activityTaskSlotSupplier: supplier,
    workflowTaskSlotSupplier: one,
    localActivityTaskSlotSupplier: one,
    nexusTaskSlotSupplier: one,
  };
}

/** The bundle that the build made; without one, the sources. */
function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = fileURLToPath(new URL('./workflow-bundle.cjs', import.meta.url));
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { workflowsPath: fileURLToPath(new URL(`./workflows/index.${extension}`, import.meta.url)) };
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) await runWorker();
