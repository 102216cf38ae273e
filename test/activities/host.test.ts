import { afterAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHostActivities } from '../../src/activities/host.ts';
import { noteRun } from '../../src/activities/release.ts';
import { alone } from '../../src/git/lock.ts';
import { listWorkspaces } from '../../src/git/remove.ts';
import { makeFixture, open, removeFolders } from '../git/support.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

test('a step in a workspace waits for the one that is in it, and does not begin where it was given up', async () => {
  const fixture = await makeFixture();
  const { repository } = fixture;
  const run = runOf(fixture, { remote: null });
  await open(fixture, { remote: null });
  await noteRun(repository, 'issue-1', run.runId);
  const { releaseWorkspace } = createHostActivities(depsOf(fixture));
  const branch = 'locus/issue-1';

  // The first one is held up by the lock that it needs to remove the worktree.
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const held = alone(repository.commonDir, () => gate);
  const first = new MockActivityEnvironment().run(releaseWorkspace, run, { branch });
  const environment = new MockActivityEnvironment();
  const second = environment.run(releaseWorkspace, run, { branch }).then(
    () => 'done',
    (error: Error) => error.name,
  );
  environment.cancel('TIMED_OUT');
  letGo();
  await Promise.all([held, first]);
  expect(await second).toBe('CancelledFailure');
  expect(await listWorkspaces(repository)).toEqual([]);
});
