import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { halt } from '../../src/workflows/messages.ts';
import { gatedInput, gatedScript, shown } from './gated-support.ts';
import { type Calls, finished, openStage, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const script = gatedScript(() => ({}), calls);
  const prepareTracker = () => Promise.reject(new Error('nobody answers'));
  ({ stage, close } = await openStage({ ...script, tracker: { ...script.tracker, prepareTracker } }, calls));
});

afterAll(() => close());

test('a run that is done waits for a tracker that does not answer until a person halts it, and says so', async () => {
  const handle = await start(stage, gatedInput(stage));
  const state = await until(handle, (now) => shown(now).run.state === 'JACKED_OUT');
  expect(state).toMatchObject({ status: 'running', warnings: [] });
  await handle.signal(halt, { reason: 'enough' });
  const { status, warnings } = await finished(handle);
  expect({ status, warnings }).toEqual({
    status: 'finished',
    warnings: ['the tracker did not answer: labels may still say that somebody works on it'],
  });
}, 30_000);
