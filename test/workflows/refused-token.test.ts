import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { resume, stop } from '../../src/workflows/messages.ts';
import { inputOf } from './input.ts';
import { type Calls, finished, isHalted, openStage, type Stage, scripted, start, until } from './support.ts';

const calls: Calls = [];
let refused = true;
let stage: Stage;
let close: () => Promise<void>;
beforeAll(async () => {
  const usual = scripted({}, calls);
  const opened = await openStage(
    {
      tracker: {
        reportResult: async (...args) => {
          if (refused) throw ApplicationFailure.nonRetryable('Bad credentials', 'CredentialsRefused');
          await usual.reportResult(...args);
        },
      },
    },
    calls,
  );
  ({ stage, close } = opened);
});
afterAll(() => close());
beforeEach(() => {
  calls.length = 0;
  refused = true;
});

test('a token that the tracker refuses halts a sprint between its tasks, and every comment is written after a resume', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [1, 2] }));
  const { halt } = await until(handle, isHalted);
  expect(halt?.failure?.type).toBe('CredentialsRefused');
  expect(calls.filter((call) => call.startsWith('done'))).toEqual([]);
  refused = false;
  await handle.signal(resume);
  const { tasks, warnings } = await finished(handle);
  expect(tasks.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(warnings).toEqual([]);
  expect(calls.filter((call) => call.startsWith('done')).sort()).toEqual(['done 1', 'done 2']);
  expect(calls.filter((call) => call.startsWith('agent'))).toEqual(['agent 1', 'agent 2']);
});

test('a single issue halts at its end, as often as the token is refused', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [3], type: 'issue' }));
  const first = await until(handle, isHalted);
  expect(first.tasks[0]?.status).toBe('done');
  await handle.signal(resume);
  await until(handle, ({ halt }) => halt !== null && halt.at !== first.halt?.at);
  refused = false;
  await handle.signal(resume);
  expect((await finished(handle)).status).toBe('finished');
  expect(calls.filter((call) => call === 'done 3')).toHaveLength(1);
});

test('a stop does not wait for a token', async () => {
  const handle = await start(stage, inputOf(stage, { issues: [4], type: 'issue' }));
  await until(handle, isHalted);
  await handle.signal(stop, { reason: 'enough' });
  expect((await finished(handle)).status).toBe('stopped');
});
