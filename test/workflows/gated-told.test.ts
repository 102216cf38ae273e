import { expect, test } from '@jest/globals';
import { halt } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { shown } from './gated-support.ts';
import { finished, until } from './support.ts';

const here = gatedStage({ tracker: { prepareTracker: () => Promise.reject(new Error('nobody answers')) } });
test('a run that is done waits for a tracker that does not answer until a person halts it, and says so', async () => {
  const handle = await here.begin();
  const state = await until(handle, (now) => shown(now).run.state === 'JACKED_OUT');
  expect(state).toMatchObject({ status: 'running', warnings: [] });
  await handle.signal(halt, { reason: 'enough' });
  const { status, warnings } = await finished(handle);
  expect({ status, warnings }).toEqual({
    status: 'finished',
    warnings: ['the tracker did not answer: labels may still say that somebody works on it'],
  });
}, 30_000);
