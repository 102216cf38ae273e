import { existsSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { noteRun, removeStale } from '../../src/activities/release.ts';
import { listWorkspaces, runNote } from '../../src/git/remove.ts';
import { makeFixture, open, removeFolders } from '../git/support.ts';
import { depsOf, runOf } from './support.ts';

afterAll(removeFolders);

test('tidying up takes the worktree of an ended run, never one that was made or taken meanwhile', async () => {
  const fixture = await makeFixture();
  const { repository } = fixture;
  for (const name of ['issue-1', 'issue-2']) {
    await open(fixture, { name, branch: `locus/${name}`, remote: null });
    await noteRun(repository, name, 'ended');
  }
  const run = runOf(fixture, { remote: null });
  let asked = 0;
  const isRunOpen = async () => {
    asked += 1;
    // As a sibling does between the look and the removal.
    if (asked === 2) {
      await noteRun(repository, 'issue-3', run.runId);
      await open(fixture, { name: 'issue-3', branch: 'locus/issue-3', remote: null });
      await noteRun(repository, 'issue-2', run.runId);
    }
    return false;
  };
  await removeStale(depsOf(fixture, { isRunOpen }), run, repository);
  expect((await listWorkspaces(repository)).map(({ name }) => name).sort()).toEqual(['issue-2', 'issue-3']);
  expect(existsSync(runNote(repository, 'issue-1'))).toBe(false);
});
