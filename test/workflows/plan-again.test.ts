import { expect, test } from '@jest/globals';
import type { RunInput } from '../../src/domain/run.ts';
import { answer, halt, progress, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, type Change, commitOf, implemented, oneFile, roles } from './gated-support.ts';
import { planAgain, planInput, recordsOf } from './plan-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();
const { calls, drafts } = here;

const each = { count: 2, consolidate: false };
const ofEach = [1, 2].map((n) => `Run Mode: sprint-${n} implementation`);

/** What a plan of two sprints leaves: the commit of each, and one draft for both of them. */
async function completed(change: Change = {}, shape = {}) {
  here.play = { agents: { implementer: ({ request }) => implemented(request.task.issue) } };
  const state = await finished(await start(here.stage, planInput(here.stage, change, shape)));
  here.play = {};
  calls.length = 0;
  drafts.length = 0;
  return recordsOf(state);
}

test('a sprint whose commit the base has already needs no draft, and is given none', async () => {
  const records = await completed();
  here.play = { host: { findCommits: async (_run, { commits }) => ({ held: commits, merged: commits.slice(0, 1) }) } };
  const end = await finished(await start(here.stage, planAgain(here.stage, records, {}, each)));
  expect(drafts.map(({ title }) => title)).toEqual(ofEach.slice(1));
  expect(recordsOf(end)).toMatchObject([{ drafted: true }, { drafted: true }]);

  drafts.length = 0;
  here.play = { host: { findCommits: async (_run, { commits }) => ({ held: commits, merged: commits }) } };
  const all = await finished(await start(here.stage, planAgain(here.stage, records)));
  expect(all.plan?.plan.state).toBe('JACKED_OUT');
  expect(drafts).toEqual([]);
}, 30_000);

test('records of a build that knew less are taken over: no draft comes twice, and no gate is said to have run', async () => {
  const records = (await completed()).map(({ gates: _gates, drafted: _drafted, run_id: _id, ...record }) => record);
  const dissenting: Change = { settings: { dissent: true } };
  const end = await finished(await start(here.stage, planAgain(here.stage, records, dissenting, each)));
  expect(roles(calls)).toEqual([]);
  expect(drafts).toEqual([]);
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  expect(recordsOf(end)).toMatchObject([
    { gates: [], drafted: true },
    { gates: [], drafted: true },
  ]);

  await finished(await start(here.stage, planAgain(here.stage, records, dissenting)));
  expect(drafts[0]?.body).toContain('sprint-1: dissent did not run: it was off when sprint-1 was worked on');
}, 30_000);

test('the draft of a sprint names the run that has worked on it, also where another plan opens it', async () => {
  const records = await completed();
  const input = planAgain(here.stage, records, {}, each);
  await finished(await start(here.stage, { ...input, plan: { ...input.plan, id: 'plan-20260202-89abcdef' } }));
  expect(records.map(({ run_id }) => run_id)).toEqual([1, 2].map(() => expect.stringMatching(/^run-20260101-/)));
  for (const [index, { body }] of drafts.entries()) expect(body).toContain(`in run \`${records[index]?.run_id}\``);
}, 30_000);

test('a sprint whose branch was pushed without a draft is not taken for one that has it', async () => {
  const records = await completed({ agent: { autoPR: false } }, each);
  expect(records).toMatchObject([{ drafted: false }, { drafted: false }]);
  await finished(await start(here.stage, planAgain(here.stage, records, {}, each)));
  expect(drafts.map(({ title }) => title)).toEqual(ofEach);
}, 30_000);

test('a person who is asked is shown the branch and the figures of the sprint that would be pushed', async () => {
  here.play = { host: { lookAtBranch: async () => ({ ...oneFile, files: 3, commits: 2 }) } };
  const handle = await start(here.stage, planInput(here.stage, { options: { push_mode: 'PROMPT' } }, each));
  for (const n of [1, 2]) {
    const summary = `Branch: feature/issue-1-sprint-${n}\nCommits: 2\nFiles changed: 3`;
    await until(handle, ({ plan }) => plan?.question?.text.includes(summary) ?? false);
    await handle.executeUpdate(answer, { args: [{ value: 'keep' }] });
  }
  await handle.result();
  expect((await handle.query(progress)).warnings).toEqual(hints(2));
}, 30_000);

const hints = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const branch = `feature/issue-1-sprint-${index + 1}`;
    return `to push it: git push -u origin ${commitOf(1)}:refs/heads/${branch}`;
  });

test('what is kept local is said once for each branch', async () => {
  const local: Change = { options: { push_mode: 'LOCAL' } };
  const end = await finished(await start(here.stage, planInput(here.stage, local, each)));
  expect(end.warnings).toEqual(hints(2));

  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const handle = await start(here.stage, planInput(here.stage, local));
  await until(handle, isHalted);
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).warnings).toEqual(['to push it: git push -u origin feature/issue-1']);
}, 30_000);

/** The run of its first sprint, which an ended plan has left. */
function leftBy({ runId }: RunInput) {
  const { env, queue } = here.stage;
  return env.client.workflow.start('issueLock', { workflowId: `${runId}/sprint-1`, taskQueue: queue });
}

test('a sprint waits for the run of it that an ended plan has left', async () => {
  const input = planInput(here.stage, {}, { count: 1 });
  const holding = await leftBy(input);
  const handle = await start(here.stage, input);
  await until(handle, ({ waiting }) => waiting?.reason === 'the run of sprint-1 before this one');
  await holding.terminate();
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');

  const again = await leftBy(input);
  const stopped = await start(here.stage, input);
  await until(stopped, ({ waiting }) => waiting !== null);
  await stopped.signal(stop, { reason: 'enough' });
  expect((await finished(stopped)).status).toBe('stopped');
  await again.terminate();
}, 30_000);

test('a plan that waits for such a run hears a halt, and goes on with that sprint', async () => {
  const input = planInput(here.stage, {}, { count: 1 });
  const holding = await leftBy(input);
  const handle = await start(here.stage, input);
  await until(handle, ({ waiting }) => waiting !== null);
  await handle.signal(halt, { reason: 'lunch', force: true });
  expect((await until(handle, isHalted)).plan?.plan).toMatchObject({ state: 'HALTED', failure: { reason: 'lunch' } });
  await holding.terminate();
  await handle.executeUpdate(resumeGated, goOn);
  expect((await finished(handle)).plan?.plan.state).toBe('JACKED_OUT');
}, 30_000);

test('a branch that a person has made anew is gone on with, and the draft says that its gates have seen other commits', async () => {
  here.play = {
    host: {
      openTarget: async (_run, { builtOn, startCommit }) => ({
        workspace: {} as never,
        startCommit: startCommit ?? commitOf(50),
        ...(builtOn === undefined ? {} : { isRemade: true }),
      }),
    },
  };
  const end = await finished(await start(here.stage, planInput(here.stage)));
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  const note = 'the gates have approved the sprints before it as other commits: feature/issue-1 was made anew';
  expect(drafts[0]?.body).toContain(`sprint-2: ${note}`);
}, 30_000);
