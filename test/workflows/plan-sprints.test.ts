import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DraftRequest } from '../../src/activities/gated/contract.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { halt, resumeGated } from '../../src/workflows/messages.ts';
import { answered, commitOf, gatedScript, type Play, untilEnded } from './gated-support.ts';
import { goOn, planInput } from './plan-support.ts';
import { type Calls, finished, openStage, type Stage, start, until } from './support.ts';

const calls: Calls = [];
let drafts: DraftRequest[] = [];
let play: Play = {};
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const openDraft = async (_run: unknown, request: DraftRequest) => {
    drafts.push(request);
    return { number: 9, url: 'http://tracker.test/9' };
  };
  const opened = await openStage(
    gatedScript(() => ({ ...play, tracker: { openDraft } }), calls),
    calls,
  );
  stage = opened.stage;
  close = opened.close;
});

afterAll(() => close());

beforeEach(() => {
  drafts = [];
  play = {};
});

test('a sprint goes on with the phases that those before it have started in this hour', async () => {
  const handle = await start(stage, planInput(stage));
  const end = await finished(handle);
  const sprint = (n: number) => stage.env.client.workflow.getHandle(`${handle.workflowId}/sprint-${n}`);
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
    const input = planInput(stage, { settings: { dissent: true } }, { consolidate });
    await finished(await start(stage, input));
    expect(drafts).toHaveLength(consolidate ? 1 : 2);
    for (const draft of drafts)
      expect(gatesOf(draft)).toEqual({ ...approved, 'red-team': 'off', dissent: 'did_not_run' });
  },
  30_000,
);

test('a draft names the tests of the commit that it shows, and none of those before it', async () => {
  const input = () => planInput(stage, { agent: { verify: ['npm', 'test'] } });
  const testsIn = () => /## Test Results\n\n([\s\S]*?)\n\n## /.exec(drafts.at(-1)?.body ?? '')?.[1];
  await finished(await start(stage, input()));
  expect(testsIn()).toContain('| `npm test` | 0 |');

  // What is pending as the second sprint halts is committed, and nothing is run on that.
  play = {
    agents: { reviewer: (turn) => (turn.request.task.issue === 2 ? untilEnded(turn) : answered('review')) },
    host: { commitPending: async () => ({ commit: commitOf(77) }) },
  };
  const handle = await start(stage, input());
  await until(handle, ({ plan }) => {
    const { target, phase } = plan?.current?.run ?? {};
    return target === 'sprint-2' && phase === 'REVIEW';
  });
  await handle.signal(halt, { reason: 'night', force: true });
  await until(handle, ({ status }) => status === 'halted');
  play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
  expect(drafts.at(-1)?.title).toBe('Run Mode: Sprint Plan implementation');
  expect(testsIn()).toBe('No tests were run.');
}, 60_000);
