import { expect, test } from '@jest/globals';
import { answer, halt } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { type Change, untilEnded } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();
const { calls } = here;

const nothing = { pushed: false, pr_created: false, pr_url: null };
const opened = { pushed: true, pr_created: true, pr_url: 'http://tracker.test/9', skipped_reason: null };
const local: Change = { options: { local_mode: true, push_mode: 'LOCAL' } };
const asking: Change = { options: { confirm_push: true, push_mode: 'PROMPT' } };

test.each([
  ['is pushed and drafted', {}, true, opened],
  ['has a draft for each sprint', {}, false, opened],
  ['stays here', local, true, { ...nothing, skipped_reason: 'local_mode' }],
  ['a person keeps', asking, true, { ...nothing, skipped_reason: 'user_declined' }],
  [
    'is to have no draft',
    { agent: { autoPR: false } },
    true,
    { ...nothing, pushed: true, skipped_reason: 'auto_pr_off' },
  ],
] as const)('the completion of a plan that %s says so', async (_what, change, consolidate, completion) => {
  const handle = await start(here.stage, planInput(here.stage, change, { count: 1, consolidate }));
  if (change === asking) {
    await until(handle, ({ plan }) => plan?.question?.id === 'push');
    await handle.executeUpdate(answer, { args: [{ value: 'keep' }] });
  }
  expect((await finished(handle)).plan?.plan.completion).toEqual(completion);
});

test('a plan that is halted and stays here says so', async () => {
  here.play = { agents: { reviewer: untilEnded } };
  const handle = await start(here.stage, planInput(here.stage, local));
  await until(handle, () => calls.includes('reviewer 1'));
  await handle.signal(halt, { reason: 'lunch', force: true });
  const state = await until(handle, isHalted);
  expect(state.plan?.plan.completion).toEqual({ ...nothing, skipped_reason: 'local_mode' });
});

test('a target that is halted and stays here says so', async () => {
  here.play = { agents: { reviewer: untilEnded } };
  const handle = await here.begin(local);
  await until(handle, () => calls.includes('reviewer 1'));
  await handle.signal(halt, { reason: 'lunch', force: true });
  const state = await until(handle, isHalted);
  expect(state.gated?.run.completion).toEqual({ ...nothing, skipped_reason: 'local_mode' });
});
