import { expect, test } from '@jest/globals';
import type { DraftRequest } from '../../src/activities/gated/contract.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { halt, resumeGated } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, commitOf, untilEnded } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();
const { drafts } = here;

test('a sprint goes on with the phases that those before it have started in this hour', async () => {
  const handle = await start(here.stage, planInput(here.stage));
  const end = await finished(handle);
  const sprint = (n: number) => here.stage.env.client.workflow.getHandle(`${handle.workflowId}/sprint-${n}`);
  const rateOf = async (n: number) => ((await sprint(n).result()) as RunState).gated?.rate;
  const [before, after] = [await rateOf(1), await rateOf(2)];
  expect(before?.calls_this_hour).toBeGreaterThan(0);
  const history = await sprint(2).fetchHistory();
  const given = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  const input: RunInput = JSON.parse(Buffer.from(given ?? []).toString());
  expect(input.gated?.rate).toEqual(before);
  if (after?.hour_boundary === before?.hour_boundary) expect(after?.calls_this_hour).toBe(6);
  expect(end.plan?.current?.run.target).toBe('sprint-2');
}, 30_000);

const gatesOf = ({ body }: DraftRequest) => JSON.parse(/LOCUS-COMPLETION (.*) -->/.exec(body)?.[1] ?? '{}').gates;
const approved = { review: 'APPROVED', audit: 'APPROVED' };

test.each([true, false])(
  'a draft names what every gate has come to (one for all: %s)',
  async (consolidate) => {
    // No role works with another model: there is nobody to dissent.
    const input = planInput(here.stage, { settings: { dissent: true } }, { consolidate });
    await finished(await start(here.stage, input));
    expect(drafts).toHaveLength(consolidate ? 1 : 2);
    for (const draft of drafts)
      expect(gatesOf(draft)).toEqual({ ...approved, 'red-team': 'off', dissent: 'did_not_run' });
  },
  30_000,
);

test('a draft names the tests of the commit that it shows, and none of those before it', async () => {
  const input = () => planInput(here.stage, { agent: { verify: ['npm', 'test'] } });
  const testsIn = () => /## Test Results\n\n([\s\S]*?)\n\n## /.exec(drafts.at(-1)?.body ?? '')?.[1];
  await finished(await start(here.stage, input()));
  expect(testsIn()).toContain('| `npm test` | 0 |');

  // What is pending as the second sprint halts is committed, and nothing is run on that.
  here.play = {
    agents: { reviewer: (turn) => (turn.request.task.issue === 2 ? untilEnded(turn) : answered('review')) },
    host: { commitPending: async () => ({ commit: commitOf(77) }) },
  };
  const handle = await start(here.stage, input());
  await until(handle, ({ plan }) => {
    const { target, phase } = plan?.current?.run ?? {};
    return target === 'sprint-2' && phase === 'REVIEW';
  });
  await handle.signal(halt, { reason: 'night', force: true });
  await until(handle, isHalted);
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  expect(drafts.at(-1)?.title).toBe('Run Mode: Sprint Plan implementation');
  expect(testsIn()).toBe('No tests were run.');
}, 60_000);
