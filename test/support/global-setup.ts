import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { findTemporalBinary } from '../../src/server/binary.ts';
import { dynamicConfig } from '../../src/server/embedded.ts';
import { registerSearchAttributes } from '../../src/server/search-attributes.ts';
import { cacheDir } from '../../src/server/state.ts';

/** One Temporal server and one bundle of the workflows for all test files of a run. */
export default async function setup(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: (line) => console.error(line) });
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary },
      // Long before the server's own limit, so that tests see runs continue as new.
      extraArgs: [...dynamicConfig, '--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=150'],
      log: { format: 'pretty', level: 'error' },
    },
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'locus-test-'));
  const teardownTemporal = () => stop(env, folder);
  Object.assign(globalThis, { teardownTemporal });
  try {
    await registerSearchAttributes(env.connection, 'default');
    process.env.TEST_TEMPORAL_ADDRESS = env.address;
    process.env.TEST_WORKFLOW_BUNDLE = await bundle(folder);
  } catch (error) {
    await teardownTemporal();
    throw error;
  }
}

async function bundle(folder: string): Promise<string> {
  const file = path.join(folder, 'workflows.cjs');
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  if (!existsSync(workflowsPath)) return file;
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await writeFile(file, code);
  return file;
}

async function stop(env: TestWorkflowEnvironment, folder: string): Promise<void> {
  await env.teardown();
  await rm(folder, { recursive: true, force: true });
}
