import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import { deploymentOf, versioningOf } from '../../src/server/deployment.ts';
import { halt, hostQueue, resume } from '../../src/workflows/messages.ts';
import { connect, createWorker } from '../support/temporal.ts';
import { inputOf } from './input.ts';
import { type Calls, done, finished, scripted, start, until } from './support.ts';

const calls: Calls = [];
/** The first agent of issue 3 works until it is ended. */
const activities = scripted(
  {
    async agent({ task }, n, ended) {
      if (task.issue !== 3 || n > 1) return done;
      await ended;
      return { outcome: 'ended', session: null, costUsd: 0, durationMs: 1 };
    },
  },
  calls,
);
const hostId = randomUUID().slice(0, 8);
let env: TestWorkflowEnvironment;
let folder: string;
let endHost: () => Promise<void>;

// Activities of a host's own queue go to its worker, whatever its build.
beforeAll(async () => {
  env = await connect();
  folder = await mkdtemp(path.join(tmpdir(), 'locus-builds-'));
  const host = await createWorker(env, activities, { taskQueue: hostQueue(hostId) });
  const running = host.run();
  endHost = async () => {
    host.shutdown();
    await running;
  };
});

afterAll(async () => {
  await endHost();
  await env.teardown();
  await rm(folder, { recursive: true, force: true });
});

/** A deployment with a queue of its own. */
function fleet() {
  const deploymentName = `locus-${randomUUID().slice(0, 8)}`;
  const taskQueue = `test-${deploymentName}`;
  const stage = { env, queue: taskQueue, hostId };
  return {
    stage,
    async launch(buildId: string | null, codePath = process.env.TEST_WORKFLOW_BUNDLE ?? '') {
      const worker = await createWorker(env, activities, {
        taskQueue,
        workflowBundle: { codePath },
        stickyQueueScheduleToStartTimeout: '1 second',
        ...versioningOf(buildId === null ? null : { deploymentName, buildId }),
      });
      const running = worker.run();
      const end = async () => {
        worker.shutdown();
        await running;
      };
      return { end };
    },
    /** An empty one: none. */
    async makeCurrent(buildId: string) {
      const request = { namespace: 'default', deploymentName, buildId };
      await retried(() => env.connection.workflowService.setWorkerDeploymentCurrentVersion(request));
    },
    async halted() {
      calls.length = 0;
      const handle = await start(stage, inputOf(stage, { issues: [1, 3, 5] }));
      await until(handle, () => calls.includes('agent 3'));
      await handle.signal(halt, { reason: 'night' });
      await until(handle, (state) => state.status === 'halted');
      return handle;
    },
  };
}

/** Workflows of a later version, which differ in their first step. */
async function laterBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: [fileURLToPath(new URL('./changed/patched.ts', import.meta.url))],
    logger: new DefaultLogger('WARN'),
  });
  const file = path.join(folder, 'later.cjs');
  await writeFile(file, code);
  return file;
}

test('a run that halted with one build goes on with the next one, when that is current', async () => {
  const { launch, makeCurrent, halted } = fleet();
  const old = await launch('1');
  await makeCurrent('1');
  const run = await halted();
  const later = await launch('2', await laterBundle());
  await makeCurrent('2');
  await old.end();
  await run.signal(resume);
  expect((await finished(run)).tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
  expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 1', 'agent 3', 'agent 3', 'agent 5']);
  const { raw } = await run.describe();
  expect(raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId).toBe('2');
  await later.end();
}, 60_000);

test('a build that nobody has made current gets no runs', async () => {
  const { stage, launch, makeCurrent } = fleet();
  const only = await launch('1');
  calls.length = 0;
  const run = await start(stage, inputOf(stage, { issues: [1] }));
  await sleep(1_500);
  expect(calls).toEqual([]);
  await makeCurrent('1');
  expect((await finished(run)).tasks[0]?.status).toBe('done');
  await only.end();
}, 60_000);

test('a run that halted with a build goes on without versions, when no build is current', async () => {
  const { launch, makeCurrent, halted } = fleet();
  const old = await launch('1');
  await makeCurrent('1');
  const run = await halted();
  await old.end();
  const unversioned = await launch(null);
  await makeCurrent('');
  await run.signal(resume);
  expect((await finished(run)).tasks.map((task) => task.status)).toEqual(['done', 'done', 'done']);
  await unversioned.end();
}, 60_000);

test('`locus worker --deployment` tells the server which build it is, and people how to make it current', async () => {
  const name = `locus-${randomUUID().slice(0, 8)}`;
  const cli = fileURLToPath(new URL('../../dist/bin/cli.js', import.meta.url));
  const { LOCUS_DEPLOYMENT: _own, ...inherited } = process.env;
  const worker = execa(process.execPath, [cli, 'worker', '--deployment', name], {
    env: { ...inherited, TEMPORAL_ADDRESS: env.address, LOCUS_STATE_DIR: folder },
    extendEnv: false,
    reject: false,
  });
  const builds = await retried(async () => {
    const request = { namespace: 'default', deploymentName: name };
    const { workerDeploymentInfo } = await env.connection.workflowService.describeWorkerDeployment(request);
    return workerDeploymentInfo?.versionSummaries?.map(({ deploymentVersion }) => deploymentVersion?.buildId);
  });
  worker.kill('SIGTERM');
  const { stderr } = await worker;
  expect(builds).toEqual([deploymentOf(name)?.buildId]);
  expect(builds?.[0]).toMatch(/^\d+\.\d+\.\d+-[0-9a-f]{8}$/);
  expect(stderr).toContain(`--deployment-name ${name} --build-id ${builds?.[0]}`);
}, 60_000);

/** The server hears of a build some time after its worker has begun to ask for work. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 30; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(400);
    }
  }
}
