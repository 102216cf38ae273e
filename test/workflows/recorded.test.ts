import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { type RecordedHistory, readHistories, recordedVersions, textOf } from './recorded/histories.ts';

/** Bundles and replays take ten to twenty seconds each, and more on a machine under load. */
const patienceMs = 120_000;
const versions = recordedVersions();
const all = versions.flatMap(readHistories);
let folder: string;

beforeAll(async () => {
  // A replay that fails says so at length, and some are to fail here.
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}), telemetryOptions: { logging: { forward: {} } } });
  folder = await mkdtemp(path.join(tmpdir(), 'locus-replay-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What went wrong with each history; null where the code does again what it did. */
async function replay(codePath: string, histories: readonly RecordedHistory[]) {
  const found: { workflow: string; error: Error | null }[] = [];
  const results = Worker.runReplayHistories({ workflowBundle: { codePath } }, histories);
  for await (const { workflowId, error } of results) found.push({ workflow: workflowId, error: error ?? null });
  return found;
}

/** Our workflows with a change, as a bundle. */
async function bundleWith(change: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: [fileURLToPath(new URL(`./changed/${change}.ts`, import.meta.url))],
    logger: new DefaultLogger('WARN'),
  });
  const file = path.join(folder, `${change}.cjs`);
  await writeFile(file, code);
  return file;
}

describe.each(versions)('runs that began with version %s', (version) => {
  const histories = readHistories(version);

  test(
    'would go on with the workflows of today',
    async () => {
      const found = await replay(process.env.TEST_WORKFLOW_BUNDLE ?? '', histories);
      expect(found.filter(({ error }) => error !== null)).toEqual([]);
      expect(found).toHaveLength(histories.length);
    },
    patienceMs,
  );

  test('are of every kind, with what may happen to them', async () => {
    const index = await readFile(new URL('../../src/workflows/index.ts', import.meta.url), 'utf8');
    const exported = [...index.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name);
    expect([...new Set(histories.map(typeOf))].sort()).toEqual(exported.sort());
    const events = new Set(histories.flatMap(({ history }) => history.events.map(({ eventType }) => eventType)));
    for (const event of ['SIGNALED', 'CONTINUED_AS_NEW', 'COMPLETED', 'UPDATE_COMPLETED']) {
      expect(events).toContain(`EVENT_TYPE_WORKFLOW_EXECUTION_${event}`);
    }
    for (const event of ['CHILD_WORKFLOW_EXECUTION_COMPLETED', 'ACTIVITY_TASK_FAILED', 'TIMER_FIRED']) {
      expect(events).toContain(`EVENT_TYPE_${event}`);
    }
  });
});

describe('a change that would break them', () => {
  test(
    'is found where a step is put before the others',
    async () => {
      const found = await replay(await bundleWith('inserted'), all);
      expect(found.filter(({ error }) => !(error instanceof DeterminismViolationError))).toEqual([]);
      expect(found).toHaveLength(all.length);
    },
    patienceMs,
  );

  test(
    'is found where a step is left out in the middle',
    async () => {
      const pushing = all.filter((each) => textOf(each).includes('"pushBranch"'));
      const found = await replay(await bundleWith('left-out'), pushing);
      expect(found.filter(({ error }) => !(error instanceof DeterminismViolationError))).toEqual([]);
      expect(found.length).toBeGreaterThan(5);
    },
    patienceMs,
  );

  test(
    'breaks nothing when it is made with `patched`',
    async () => {
      const found = await replay(await bundleWith('patched'), all);
      expect(found.filter(({ error }) => error !== null)).toEqual([]);
    },
    patienceMs,
  );
});

test('recorded histories name no machine', () => {
  for (const history of all) expect(textOf(history)).not.toMatch(/\/(?:work|root|home|Users|tmp)\/|\d+@\w/);
});

function typeOf({ history }: RecordedHistory): string | undefined {
  return history.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;
}
