import { expect, test } from '@jest/globals';
import { halt } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { isState } from './gated-support.ts';
import { finished, until } from './support.ts';

let label = () => {};
let labelled = new Promise<void>(() => {});
const here = gatedStage({
  tracker: {
    async markInReview() {
      here.calls.push('labels it');
      await labelled;
    },
  },
});

test('a halt that comes too late, as the draft is opened, does not cut its last label short', async () => {
  labelled = new Promise((resolve) => {
    label = resolve;
  });
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  here.play = {
    tracker: {
      async openDraft() {
        await opened;
        return { number: 9, url: 'http://tracker.test/9' };
      },
    },
  };
  const handle = await here.begin();
  await until(handle, () => here.drafts.length > 0);
  await handle.signal(halt, { reason: 'lunch' });
  open();
  await until(handle, isState('JACKED_OUT'));
  await until(handle, () => here.calls.includes('labels it'));
  label();
  const { status, warnings } = await finished(handle);
  expect({ status, warnings }).toEqual({ status: 'finished', warnings: [] });
}, 30_000);
