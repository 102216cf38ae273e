import { homedir, hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Worker } from '@temporalio/worker';
import { locusVersion } from '../../../src/server/version.ts';
import { hostsQueue } from '../../../src/workflows/messages.ts';
import { createWorker } from '../../support/temporal.ts';
import { type Calls, openStage, type Stage } from '../support.ts';
import { gatedScenes, withGated } from './gated-scenes.ts';
import { type RecordedHistory, scrubbed, textOf, writeHistories } from './histories.ts';
import { refusal, scenes, scriptOf } from './scenes.ts';

// `npm run record:histories` runs this file; it is no test of its own.

const calls: Calls = [];
const refused = new Set<string>();
const lost = new Set<string>();
const recorded = new Map<string, RecordedHistory[]>();
let stage: Stage;
let claims: Worker;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openStage(withGated(scriptOf(refuseOnce), calls), calls);
  stage = opened.stage;
  claims = await createWorker(
    stage.env,
    { claimWorkspace: async ({ workflowId }: { workflowId: string }) => ({ hostId: hostOf(workflowId) }) },
    { taskQueue: hostsQueue },
  );
  const running = claims.run();
  close = async () => {
    claims.shutdown();
    await running;
    await opened.close();
  };
});

afterAll(() => close());

/** One run has a host first that nobody has heard of since. */
function hostOf(workflowId: string): string {
  const isLost = workflowId.includes('/lost/') && !lost.has(workflowId);
  lost.add(workflowId);
  return isLost ? 'gone' : stage.hostId;
}

function refuseOnce(name: string): void {
  if (refused.has(name)) return;
  refused.add(name);
  throw ApplicationFailure.nonRetryable(refusal.message, refusal.type);
}

const all = [...scenes, ...gatedScenes];

test.each(all)(
  'recorded: $name',
  async ({ name, play }) => {
    calls.length = 0;
    const ids = await play(stage, calls);
    recorded.set(name, (await Promise.all(ids.map(historiesOf))).flat());
  },
  60_000,
);

test('written', () => {
  expect([...recorded.keys()]).toHaveLength(all.length);
  for (const history of [...recorded.values()].flat()) {
    const text = textOf(history);
    for (const trace of [hostname(), homedir(), process.cwd()]) expect(text.includes(trace)).toBe(false);
  }
  writeHistories(locusVersion(), recorded);
});

/** The histories of all executions with this id, first to last: a run may have continued as new. */
async function historiesOf(workflowId: string): Promise<RecordedHistory[]> {
  const { client } = stage.env;
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const found: RecordedHistory[] = [];
  for (let runId = raw.workflowExecutionInfo?.firstRunId ?? undefined; runId !== undefined; ) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    found.push({ workflowId, history: scrubbed(historyToJSON(history)) });
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return found;
}
