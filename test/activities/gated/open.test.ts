import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Dependencies } from '../../../src/activities/deps.ts';
import type { FoundCommits, OpenedTarget, OpenRequest } from '../../../src/activities/gated/contract.ts';
import { findCommits, openTarget } from '../../../src/activities/gated/open.ts';
import type { RunContext } from '../../../src/domain/run.ts';
import { collectWork } from '../../../src/git/collect.ts';
import { openSlots } from '../../../src/server/slots.ts';
import { commit, type Fixture, failureOf, makeFixture, removeFolders, sh } from '../../git/support.ts';
import { settingsOf } from '../../workflows/settings.ts';
import { depsOf, runOf } from '../support.ts';

afterAll(removeFolders);

const branch = 'feature/sprint-plan';
let fixture: Fixture;
let run: RunContext;

beforeEach(async () => {
  fixture = await makeFixture();
  run = runOf(fixture, { type: 'gated', source: { kind: 'remote', url: fixture.remote }, branch });
});

type Work = Pick<OpenRequest, 'builtOn' | 'left'>;

/** In the activities of a workflow that has claimed its host itself. */
async function asWorkflow<T>(name: string, work: (deps: Dependencies) => Promise<T>): Promise<T> {
  const workflowId = `locus/test/gated/${name}`;
  const slots = await openSlots(fixture.stateDir, 9);
  await slots.take(workflowId);
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } } as Partial<
    MockActivityEnvironment['context']['info']
  >);
  return environment.run(() => work(depsOf(fixture, { slots }))) as Promise<T>;
}

/** A sprint of a plan, whose work is on no remote. */
function sprint(name: string, work: Work = {}): Promise<OpenedTarget> {
  const task = { issue: 0, title: name, order: null, commitType: 'feat', branch, committed: null } as const;
  const request = { task, resuming: false, startCommit: null, attemptId: null, pushed: true, asItIs: false, ...work };
  return asWorkflow(name, (deps) => openTarget(deps, run, request));
}

/** What the plan after that finds on its branch. */
function found(commits: readonly string[]): Promise<FoundCommits> {
  const task = { issue: 0, title: 'plan', order: null, commitType: 'feat', branch, committed: null } as const;
  return asWorkflow('plan', (deps) => findCommits(deps, run, { task, commits }));
}

async function workOf(name: string): Promise<string> {
  const { workspace, startCommit } = await sprint(name);
  writeFileSync(join(workspace.path, `${name}.txt`), 'made\n');
  return (await collectWork(workspace, { start: startCommit, objectsDir: null, message: `${name}\n` })).commit ?? '';
}

describe('a sprint of a plan in a fleet', () => {
  test('goes on with what the sprint before it has left on its host, though nothing was pushed', async () => {
    const one = await workOf('sprint-1');
    const { workspace, startCommit } = await sprint('sprint-2', { builtOn: one });
    expect(startCommit).toBe(one);
    expect(sh(workspace.path, ['log', '-1', '--format=%s'])).toBe('sprint-1');
  });

  test.each([
    ['has never come to its host', 'c'.repeat(40)],
    ['is on its branch no more', null],
  ])('does not begin where that work %s', async (_where, unknown) => {
    const one = await workOf('sprint-1');
    // A run that is not the plan's takes what was never pushed off the branch.
    if (unknown === null) await sprint('another');
    const failure = await failureOf(sprint('sprint-2', { builtOn: unknown ?? one }));
    expect(failure).toMatchObject({
      type: 'WorkspaceBroken',
      message: expect.stringContaining((unknown ?? one).slice(0, 12)),
      details: { remedy: expect.stringContaining('`locus resume`') },
    });
  });

  test('changes nothing where it does not begin: there is no branch, and no worktree that looks like unfinished work', async () => {
    const other = await sprint('another');
    const { root } = other.workspace.repository;
    sh(root, ['worktree', 'remove', '--force', other.workspace.path]);
    sh(root, ['update-ref', '-d', `refs/heads/${branch}`]);
    await failureOf(sprint('sprint-2', { builtOn: 'c'.repeat(40) }));
    expect(sh(root, ['for-each-ref', `refs/heads/${branch}`])).toBe('');
    expect(existsSync(other.workspace.path)).toBe(false);
  });

  test('leaves its branch where the remote has parted from it without that work', async () => {
    const { workspace } = await sprint('sprint-1');
    const { root } = workspace.repository;
    const one = await workOf('sprint-1');
    commit(fixture.root, { 'theirs.txt': 'theirs\n' });
    sh(fixture.root, ['push', '-q', 'origin', `HEAD:refs/heads/${branch}`]);
    const failure = await failureOf(sprint('sprint-2', { builtOn: one }));
    expect(failure.message).toContain('is not on feature/sprint-plan here');
    expect(sh(root, ['rev-parse', `refs/heads/${branch}`])).toBe(one);
  });

  test('goes on with what a run before it has left of the sprint itself', async () => {
    const begun = await workOf('sprint-1');
    expect((await sprint('sprint-1 again', { left: begun })).startCommit).toBe(begun);
    expect((await sprint('another')).startCommit).toBe(fixture.first);
  });

  test('a plan that is started again finds what was not pushed on the host that holds it', async () => {
    const one = await workOf('sprint-1');
    expect(await found([one])).toEqual({ held: [one], merged: [] });
    expect(await found(['c'.repeat(40)])).toEqual({ held: [], merged: [] });
  });

  test('a plan that is started again is told what the base has already', async () => {
    const one = await workOf('sprint-1');
    const { repository } = (await sprint('sprint-2', { builtOn: one })).workspace;
    sh(repository.root, ['push', '-q', fixture.remote, `${one}:refs/heads/main`]);
    expect(await found([one])).toEqual({ held: [one], merged: [one] });
  });
});

test('a sprint in a checkout begins on a branch that a person has made anew, and says so', async () => {
  const one = await workOf('sprint-1');
  run = { ...run, source: { kind: 'checkout', hostId: 'here', root: fixture.root } };
  const person = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
  const squash = ['commit-tree', 'HEAD^{tree}', '-p', fixture.first, '-m', 'squashed'];
  const squashed = sh(fixture.root, [...person, ...squash]);
  sh(fixture.root, ['update-ref', `refs/heads/${branch}`, squashed]);
  const opened = await sprint('sprint-2', { builtOn: one });
  expect(opened).toMatchObject({ startCommit: squashed, isRemade: true });
});

test('a sprint in a checkout does not begin where nothing is left of the sprints before it', async () => {
  const one = await workOf('sprint-1');
  run = { ...run, source: { kind: 'checkout', hostId: 'here', root: fixture.root } };
  await expect(sprint('sprint-2', { builtOn: one })).rejects.toThrow('the work of the sprints before it is not on');
});

test.each([
  ['is pushed', true],
  ['has commits that a plan knows', false],
])('a gated branch that %s gets the base merged, whatever agent.updateWith says', async (_what, isPushed) => {
  run = { ...run, settings: settingsOf({ updateWith: 'rebase' }, true) };
  const one = await workOf('sprint-1');
  const { repository } = (await sprint('sprint-1', { left: one })).workspace;
  if (isPushed) sh(repository.root, ['push', '-q', fixture.remote, `${one}:refs/heads/${branch}`]);
  const base = commit(fixture.root, { 'more.txt': 'more\n' });
  sh(fixture.root, ['push', '-q', 'origin', 'main']);
  const { startCommit } = await sprint('sprint-2', { left: one, builtOn: one });
  expect(sh(repository.root, ['log', '-1', '--format=%P', startCommit])).toBe(`${one} ${base}`);
});
