import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { halt, resume } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, done, failed, finished, openStage, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openStage(
    {
      agent: async ({ task }, n, ended) => {
        if (task.issue === 2 && n === 1) return failed('no', { retry: false });
        if (task.issue !== 3 || n > 1) return done;
        await ended;
        return { outcome: 'ended', session: 's-1', costUsd: 0, durationMs: 1 };
      },
    },
    calls,
  );
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

test('every workflow does the same again when its history is replayed', async () => {
  const sprint = await start(stage, inputOf(stage, { issues: [1, 2, 3, 4, 5, 6, 7, 8] }));
  await until(sprint, (state) => state.status === 'halted');
  await sprint.signal(resume);
  await until(sprint, () => calls.includes('agent 3'));
  await sprint.signal(halt, { reason: 'night' });
  await until(sprint, (state) => state.halt?.reason === 'night');
  await sprint.signal(resume);
  await finished(sprint);
  const parallel = await start(stage, inputOf(stage, { type: 'parallel', issues: [1, 4, 5] }));
  await finished(parallel);

  const query = `TaskQueue = '${stage.queue}'`;
  const { client } = stage.env;
  // The list lags a moment behind: one sprint, continued as new, one parallel run, three children.
  for (const end = Date.now() + 15_000; (await client.workflow.count(query)).count < 6 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const histories = client.workflow.list({ query }).intoHistories();
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  const types = new Set<string>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    expect(error).toBeUndefined();
    types.add(workflowId.split('/').at(-2) ?? '');
  }
  expect([...types].sort()).toEqual(['issue', 'parallel', 'sprint']);
});
