import { beforeEach, expect, test } from '@jest/globals';
import type { OpenRequest } from '../../src/activities/gated/contract.ts';
import type { SprintRecord } from '../../src/domain/gated/sprint-record.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { halt, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { base, type Change, commitOf, implemented, oneFile, type Play, roles, untilEnded } from './gated-support.ts';
import { planAgain, planInput, recordsOf } from './plan-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();
const { calls, drafts } = here;
let opens: OpenRequest[] = [];

beforeEach(() => {
  opens = [];
});

const settings = { dissent: true };
const verify = ['npm', 'test'];
const change = { settings, agent: { verify } };

const again = (earlier: readonly SprintRecord[], change: Change = {}, shape = {}) =>
  planAgain(here.stage, earlier, change, shape);

const pushed = () => calls.filter((call) => call.startsWith('push '));

/** The branch where an earlier run has left it. */
const leftAt = (tip: string): Play['host'] => ({
  openTarget: async (_run, request) => {
    opens.push(request);
    const began = request.began === undefined ? {} : { began: request.began };
    return { workspace: {} as Workspace, startCommit: request.startCommit ?? tip, ...began };
  },
});

test('a plan keeps a record of each sprint: where it began and ended, gates, deletions, figures, tests', async () => {
  here.play = { host: { ...leftAt(base), lookAtBranch: async () => ({ ...oneFile, deleted: ['old.ts'] }) } };
  const end = await finished(await start(here.stage, planInput(here.stage, change)));
  // The second does not begin without the first one's work.
  expect(opens.filter(({ startCommit }) => startCommit === null).map(({ builtOn }) => builtOn)).toEqual([
    undefined,
    commitOf(1),
  ]);
  expect(recordsOf(end)).toMatchObject([
    { id: 'sprint-1', began: base, commit: commitOf(1), completed: true, issues: [1], cycles: 1, files_changed: 1 },
    { id: 'sprint-2', completed: true, issues: [2], commits: 1 },
  ]);
  expect(recordsOf(end)[0]).toMatchObject({
    notes: [expect.stringContaining('dissent did not run')],
    deletions: [{ path: 'old.ts', sprint: 'sprint-1', cycle: 1 }],
    tests: [{ command: 'npm test', exit_code: 0 }],
  });
}, 30_000);

test('C56: of a plan whose sprints were all completed before no agent is called, and its draft tells all of them', async () => {
  here.play = { host: { lookAtBranch: async () => ({ ...oneFile, deleted: ['old.ts'] }) } };
  const first = await finished(await start(here.stage, planInput(here.stage, change)));
  const [whole] = drafts;
  calls.length = 0;
  drafts.length = 0;
  const end = await finished(await start(here.stage, again(recordsOf(first), change)));
  expect(roles(calls)).toEqual([]);
  expect(end.plan?.plan).toMatchObject({
    state: 'JACKED_OUT',
    sprints: { completed: 2, current: null },
    metrics: { total_cycles: 2, total_files_changed: 2 },
  });
  const last = recordsOf(first).at(-1)?.commit;
  expect(pushed()).toEqual([`push ${last}`]);
  expect(drafts).toHaveLength(1);
  const said = (body = '') => body.split('---\n🤖')[0];
  expect(said(drafts[0]?.body)).toBe(said(whole?.body));
  expect(said(drafts[0]?.body)).toMatch(/sprint-1: dissent did not run[\s\S]*old.ts \(sprint-1[\s\S]*`npm test` \| 0/);
  expect(recordsOf(end)).toEqual(recordsOf(first));
}, 30_000);

test('a sprint whose commit the branch has lost runs again, with a warning; the others do not', async () => {
  here.play = { agents: { implementer: ({ request }) => implemented(request.role?.scope === 'sprint-1' ? 1 : 2) } };
  const first = await finished(await start(here.stage, planInput(here.stage)));
  const [one, two] = recordsOf(first);
  calls.length = 0;
  here.play = { host: { findCommits: async () => ({ held: [two?.commit ?? ''] }) } };
  const end = await finished(await start(here.stage, again(recordsOf(first))));
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  const at = one?.commit?.slice(0, 7);
  const why = `sprint-1 was completed before and runs again: its commit ${at} is not on feature/issue-1`;
  expect(end.warnings).toContain(why);
  expect(drafts.at(-1)?.body).toContain(`⚠️ ${why}`);
  expect(recordsOf(end).map(({ id }) => id)).toEqual(['sprint-2', 'sprint-1']);
}, 30_000);

test('a gate that was off as a sprint was completed is not said to have passed once it is on', async () => {
  const first = await finished(await start(here.stage, planInput(here.stage)));
  expect(recordsOf(first)).toMatchObject([{ gates: [] }, { gates: [] }]);
  drafts.length = 0;
  const given = again(recordsOf(first));
  const { redTeam } = given.plan.settings;
  const on = { ...given.plan.settings, dissent: true, redTeam: { ...redTeam, enabled: true } };
  const end = await finished(await start(here.stage, { ...given, plan: { ...given.plan, settings: on } }));
  const [{ body = '' } = {}] = drafts;
  expect(body).toContain('⚠️ sprint-1: red-team did not run: it was off when sprint-1 was worked on');
  expect(body).toContain('"red-team":"did_not_run","dissent":"did_not_run"');
  expect(body).toMatch(/\| sprint-2 \|.*\| did not run: it was off when sprint-2 was worked on/);
  expect(recordsOf(end)).toEqual(recordsOf(first));
}, 30_000);

test('a plan that is stopped before it has looked at the branch keeps what it was given', async () => {
  const first = await finished(await start(here.stage, planInput(here.stage)));
  let release = () => {};
  const held = new Promise<{ held: readonly string[] }>((resolve) => {
    release = () => resolve({ held: [] });
  });
  here.play = { host: { findCommits: () => held } };
  const handle = await start(here.stage, again(recordsOf(first)));
  await until(handle, () => calls.some((call) => call.startsWith('find ')));
  await handle.signal(halt, { reason: 'night', force: true });
  await handle.signal(stop, { reason: 'enough' });
  expect(recordsOf(await finished(handle))).toEqual(recordsOf(first));
  release();
}, 30_000);

test('a sprint that was stopped goes on from where it first began: what is there is reviewed, not halted for no changes', async () => {
  here.play = { agents: { reviewer: untilEnded } };
  const handle = await start(here.stage, planInput(here.stage, change, { count: 1 }));
  await until(handle, () => calls.includes('reviewer 1'));
  await until(handle, ({ plan }) => plan?.records[0]?.commits === 1);
  await handle.signal(stop, { reason: 'enough' });
  const [left] = recordsOf(await finished(handle));
  expect(left).toMatchObject({ began: base, commit: commitOf(1), completed: false, cycles: 1 });

  calls.length = 0;
  const looks: unknown[] = [];
  here.play = {
    agents: { implementer: () => implemented(1) },
    host: {
      ...leftAt(commitOf(1)),
      lookAtBranch: async (_run, request) => {
        looks.push(request);
        return { ...oneFile, files: request.base === base ? 3 : 0, deleted: ['old.ts'] };
      },
    },
  };
  const end = await finished(await start(here.stage, again([left] as SprintRecord[], change, { count: 1 })));
  expect(opens.map(({ began }) => began)).toEqual([base]);
  expect(looks[0]).toEqual({ commit: commitOf(1), since: base, base });
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  expect(end.plan?.plan).toMatchObject({ state: 'JACKED_OUT', metrics: { total_cycles: 2, total_files_changed: 3 } });
  expect(recordsOf(end)).toMatchObject([{ began: base, commit: commitOf(1), deletions: [{ path: 'old.ts' }] }]);
}, 30_000);

test('the same where its own run is gone: another one goes on from there, and counts it once', async () => {
  let release = () => {};
  // Of a run that is terminated nobody ends the agent.
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  here.play = { agents: { reviewer: (turn) => untilEnded({ ...turn, ended: held }) }, host: leftAt(base) };
  const handle = await start(here.stage, planInput(here.stage, {}, { count: 1 }));
  await until(handle, ({ plan }) => plan?.records[0]?.commits === 1);
  await here.stage.env.client.workflow.getHandle(`${handle.workflowId}/sprint-1`).terminate();
  await until(handle, isHalted);
  here.play = { agents: { implementer: () => implemented(1) }, host: leftAt(commitOf(1)) };
  await handle.executeUpdate(resumeGated, goOn);
  const end = await finished(handle);
  release();
  expect(opens.at(-1)).toMatchObject({ began: base, pushed: true });
  expect(recordsOf(end)).toMatchObject([{ began: base, commit: commitOf(1), commits: 1, cycles: 2 }]);
}, 30_000);

test('what a plan leaves out it keeps for one that does not', async () => {
  const first = await finished(await start(here.stage, planInput(here.stage)));
  const input = again(recordsOf(first));
  const sprints = input.plan.sprints.slice(1);
  calls.length = 0;
  const end = await finished(await start(here.stage, { ...input, plan: { ...input.plan, sprints } }));
  expect(roles(calls)).toEqual([]);
  expect(end.plan?.plan.sprints).toMatchObject({ total: 1, completed: 1 });
  expect(recordsOf(end)).toEqual(recordsOf(first));
}, 30_000);

const each = { count: 2, consolidate: false };
const ofEach = [1, 2].map((n) => `Run Mode: sprint-${n} implementation`);

test('a sprint that was completed before its own draft was open is given it by the next plan, and by none after that', async () => {
  here.play = { host: { pushBranch: () => Promise.reject(new Error('nobody answers')) } };
  const handle = await start(here.stage, planInput(here.stage, {}, each));
  await until(handle, () => pushed().length > 0);
  await handle.signal(stop, { reason: 'enough' });
  const left = recordsOf(await finished(handle));
  expect(left).toMatchObject([{ commit: commitOf(1), completed: true, drafted: false }]);
  expect(drafts).toEqual([]);

  calls.length = 0;
  const heads: string[] = [];
  here.play = {
    agents: { implementer: () => implemented(2) },
    host: { pushBranch: async (_run, { branch, commit }) => void heads.push(`${branch} ${commit}`) },
  };
  const end = await finished(await start(here.stage, again(left, {}, each)));
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  expect(drafts.map(({ title }) => title)).toEqual(ofEach);
  expect(heads).toEqual([1, 2].map((n) => `feature/issue-1-sprint-${n} ${commitOf(n)}`));
  expect(calls).toContain('in-review 1');
  expect(recordsOf(end)).toMatchObject([{ drafted: true }, { drafted: true }]);

  drafts.length = 0;
  expect(recordsOf(await finished(await start(here.stage, again(recordsOf(end), {}, each))))).toEqual(recordsOf(end));
  expect(drafts).toEqual([]);
}, 60_000);

test('sprints of a plan that had one draft for all of them are given their own where the next plan wants that', async () => {
  const first = await finished(await start(here.stage, planInput(here.stage)));
  calls.length = 0;
  drafts.length = 0;
  await finished(await start(here.stage, again(recordsOf(first), {}, each)));
  expect(roles(calls)).toEqual([]);
  expect(drafts.map(({ title }) => title)).toEqual(ofEach);
}, 30_000);
