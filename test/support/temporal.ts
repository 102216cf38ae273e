import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';

/** The server that the test run shares. Call it once per test file, and `teardown()` what it gives. */
export async function connect(): Promise<TestWorkflowEnvironment> {
  const address = process.env.TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('TEST_TEMPORAL_ADDRESS is not set: test/support/global-setup.ts has not run');
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return TestWorkflowEnvironment.createFromExistingServer({ address });
}

/** A worker on a queue of its own, so that test files may run side by side. One per file: it costs 350 ms. */
export function createWorker(
  env: TestWorkflowEnvironment,
  activities: object,
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  return Worker.create({
    connection: env.nativeConnection,
    taskQueue: `test-${randomUUID()}`,
    workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
    activities,
    ...options,
  });
}
