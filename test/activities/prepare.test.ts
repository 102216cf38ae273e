import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PreparedTask } from '../../src/activities/contract.ts';
import { prepareTask } from '../../src/activities/prepare.ts';
import { pushBranch } from '../../src/activities/push.ts';
import { repositoryOf } from '../../src/activities/repository.ts';
import type { RunContext, TaskSpec } from '../../src/domain/run.ts';
import { collectWork } from '../../src/git/collect.ts';
import { openSlots } from '../../src/server/slots.ts';
import { openTracker } from '../../src/trackers/open.ts';
import { commit, type Fixture, failureOf, makeFixture, removeFolders, sh } from '../git/support.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

type Ready = Extract<PreparedTask, { kind: 'ready' }>;

const branch = 'locus/sprint-s';
const workflowId = 'locus/test/sprint/s';
let fixture: Fixture;
let run: RunContext;

beforeEach(async () => {
  fixture = await makeFixture();
  run = runOf(fixture, { runId: workflowId, type: 'sprint', source: { kind: 'remote', url: fixture.remote }, branch });
  const tracker = await openTracker(run.tracker, null);
  for (const title of ['One', 'Two']) await tracker.createIssue({ title, body: '', labels: [], sprint: null });
});

/** A host of a fleet, as its worker has it after a start. */
async function host() {
  const slots = await openSlots(fixture.stateDir, 2);
  const deps = depsOf(fixture, { slots });
  const environment = () =>
    new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } } as Partial<
      MockActivityEnvironment['context']['info']
    >);
  return {
    slots,
    async prepare(issue: number) {
      const task: TaskSpec = { issue, title: `T${issue}`, order: null, commitType: 'feat', branch, committed: null };
      const permit = { provider: 'command', attemptId: `a-${issue}`, runId: run.runId, perHour: 100 } as const;
      const again = { resuming: false, startCommit: null, attemptId: null };
      const request = { task, ...again, permit, pushed: false, next: [] };
      const { signal } = new AbortController();
      const prepared = (await environment().run(() => prepareTask(deps, run, request, signal))) as PreparedTask;
      if (prepared.kind !== 'ready') throw new Error('closed');
      return prepared;
    },
    /** What an agent made there, as a commit on the branch. */
    async work(issue: number, { workspace, startCommit }: Ready) {
      writeFileSync(join(workspace.path, `${issue}.txt`), 'made\n');
      const work = await collectWork(workspace, { start: startCommit, objectsDir: null, message: `T${issue}\n` });
      return work.commit;
    },
    push: (made: string) => environment().run(() => pushBranch(deps, run, { branch, commit: made })),
  };
}

/** The remote takes no push. */
function refusePushes(isRefusing: boolean): void {
  const hook = `#!/bin/sh\nexit ${isRefusing ? 1 : 0}\n`;
  writeFileSync(join(fixture.remote, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
}

const onRemote = () => sh(fixture.remote, ['rev-parse', `refs/heads/${branch}`]);

describe('a sprint of a fleet whose push was refused', () => {
  test('keeps the commit while it stays on its host: the next task is built on it, and its push is no conflict', async () => {
    const first = await host();
    await first.slots.take(workflowId);
    refusePushes(true);
    const one = await first.work(1, await first.prepare(1));
    expect((await failureOf(first.push(one))).type).toBe('PushRefused');
    refusePushes(false);
    // Another worker of the same host, as after a restart.
    const again = await host();
    const two = await again.work(2, await again.prepare(2));
    await again.push(two);
    await again.push(one);
    expect(onRemote()).toBe(two);
    expect(sh(fixture.remote, ['log', '--format=%s', 'main..refs/heads/locus/sprint-s'])).toBe('T2\nT1');
  });

  test('begins at what was pushed once the host was claimed anew; the commit is set aside and to be made again', async () => {
    const here = await host();
    await here.slots.take(workflowId);
    const one = await here.work(1, await here.prepare(1));
    // Another host has taken it over meanwhile, and this one is back.
    await here.slots.take(workflowId);
    const prepared = await here.prepare(1);
    expect(prepared.startCommit).toBe(fixture.first);
    await here.push(await here.work(2, prepared));
    const refused = await failureOf(here.push(one));
    expect(refused).toMatchObject({ type: 'HostLost', message: expect.stringContaining('refs/locus/aside/sprint-s/') });
    const { commonDir } = await repositoryOf(run, fixture.stateDir);
    expect(sh(commonDir, ['rev-parse', `refs/locus/aside/sprint-s/${one.slice(0, 12)}`])).toBe(one);
  });

  test('goes on from what others have pushed meanwhile; its commit is set aside and to be made again', async () => {
    const here = await host();
    await here.slots.take(workflowId);
    const one = await here.work(1, await here.prepare(1));
    sh(fixture.root, ['switch', '-q', '-c', branch]);
    const theirs = commit(fixture.root, { 'theirs.txt': 'x\n' });
    sh(fixture.root, ['push', '-q', 'origin', branch]);
    expect((await failureOf(here.push(one))).type).toBe('PushRefused');
    expect((await here.prepare(2)).startCommit).toBe(theirs);
    expect((await failureOf(here.push(one))).type).toBe('HostLost');
    expect(onRemote()).toBe(theirs);
  });
});
