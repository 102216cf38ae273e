import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { giveUpAfterwards, withAfterwards } from '../../src/activities/afterwards.ts';
import type { AttemptRequest, AttemptResult, PrepareRequest } from '../../src/activities/contract.ts';
import type { Dependencies } from '../../src/activities/deps.ts';
import type { RunContext, TaskSpec } from '../../src/domain/run.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { collectWork } from '../../src/git/collect.ts';
import { openTracker } from '../../src/trackers/open.ts';
import { type Fixture, makeFixture, open, removeFolders, sh } from '../git/support.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

const branch = 'locus/sprint-s';
const figures = { session: null, costUsd: 0, durationMs: 1 };
let fixture: Fixture;
let run: RunContext;
let workspace: Workspace;
let tip: string;
let dir: string;

beforeEach(async () => {
  fixture = await makeFixture();
  run = runOf(fixture, { type: 'sprint', branch });
  const tracker = await openTracker(run.tracker, null);
  for (const title of ['One', 'Two']) await tracker.createIssue({ title, body: '', labels: [], sprint: null });
  ({ workspace, tip } = await open(fixture, { branch, name: 'sprint-s' }));
  dir = join(fixture.stateDir, 'attempts', 'a-1');
  mkdirSync(dir, { recursive: true });
});

const specOf = (issue: number): TaskSpec => ({
  ...{ issue, title: `T${issue}`, order: null, commitType: 'feat', branch, committed: null },
});

function nextOf(issue: number): PrepareRequest {
  const permit = { provider: 'command', attemptId: `a-${issue}`, runId: run.runId, perHour: 100 } as const;
  const anew = { resuming: false, startCommit: null, attemptId: null, pushed: true, next: [] };
  return { task: specOf(issue), ...anew, permit };
}

/** The end of an attempt whose agent wrote one file, in the given try of its activity. */
async function end(
  attempt: number,
  next: PrepareRequest | null = nextOf(2),
  work = made,
  changes: Partial<Dependencies> = {},
) {
  const request: AttemptRequest = {
    ...{ task: specOf(1), workspace, attemptId: 'a-1', startCommit: tip, promptFile: '', session: null },
    ...{ deadline: 0, allowanceUsd: null, afterwards: { push: true, next } },
  };
  const environment = new MockActivityEnvironment({ attempt } as Partial<MockActivityEnvironment['context']['info']>);
  const steps = () => withAfterwards(depsOf(fixture, changes), run, request, { dir, make: work });
  const result = (await environment.run(steps)) as AttemptResult;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result;
}

let times = 0;
beforeEach(() => {
  times = 0;
});
async function made(): Promise<AttemptResult> {
  times += 1;
  writeFileSync(join(workspace.path, 'made.txt'), `made ${times}\n`);
  const { commit } = await collectWork(workspace, { start: tip, objectsDir: null, message: 'feat: T1 (#1)\n' });
  return { outcome: 'done', commit, summary: 'did it', ...figures };
}

const onRemote = () => sh(fixture.remote, ['rev-parse', `refs/heads/${branch}`]);

test('work that is made is pushed, and the next task made ready on top of it', async () => {
  const { commit, afterwards } = await end(1);
  expect(onRemote()).toBe(commit);
  expect(afterwards).toMatchObject({ pushed: true, next: { kind: 'ready', startCommit: commit } });
});

test('a step that is tried again does not make the work again: the workspace may be the next task’s', async () => {
  const { commit } = await end(1);
  writeFileSync(join(workspace.path, 'of-the-next.txt'), 'x\n');
  const again = await end(2);
  expect(times).toBe(1);
  expect(again).toMatchObject({ commit, afterwards: { pushed: true, next: { kind: 'ready' } } });
  expect(onRemote()).toBe(commit);
});

test('what lies there before the first try counts for nothing', async () => {
  writeFileSync(
    join(dir, 'made.json'),
    JSON.stringify({ outcome: 'done', commit: tip, summary: 'planted', ...figures }),
  );
  expect(await end(1)).toMatchObject({ summary: 'did it' });
  expect(times).toBe(1);
});

test('a push that is refused, and a task that cannot be made ready, are left to steps of their own', async () => {
  const hook = join(fixture.remote, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\nexit 1\n');
  chmodSync(hook, 0o755);
  expect((await end(1)).afterwards).toMatchObject({ pushed: false, next: { kind: 'ready' } });
  chmodSync(hook, 0o644);
  expect((await end(2, nextOf(99))).afterwards).toEqual({ pushed: true, next: null });
});

test('a push that takes long is given up where its run halts, and left to a step of its own', async () => {
  const begun = join(fixture.stateDir, 'begun');
  writeFileSync(join(fixture.remote, 'hooks', 'pre-receive'), `#!/bin/sh\n: >"${begun}"\nsleep 20\n`, { mode: 0o755 });
  const ending = end(1, null);
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
  giveUpAfterwards(dir);
  expect((await ending).afterwards).toEqual({ pushed: false, next: null });
});

test('where its run halts before the work is made, nothing comes after it', async () => {
  const halted = async () => {
    giveUpAfterwards(dir);
    return made();
  };
  expect((await end(1, nextOf(2), halted)).afterwards).toEqual({ pushed: false, next: null });
  expect(() => onRemote()).toThrow();
});

test('the agent start of a task that cannot be made ready is given back', async () => {
  const returned: string[] = [];
  const gate = {
    ...depsOf(fixture).gate,
    giveBack: async ({ attemptId }: { attemptId: string }) => void returned.push(attemptId),
  };
  expect((await end(1, nextOf(99), made, { gate })).afterwards).toEqual({ pushed: true, next: null });
  expect(returned).toEqual(['a-99']);
});

test('nothing comes after what is not done', async () => {
  const ended = async (): Promise<AttemptResult> => ({ outcome: 'ended', ...figures });
  await expect(end(1, nextOf(2), ended)).rejects.toThrow('ended');
  expect(() => onRemote()).toThrow();
});
