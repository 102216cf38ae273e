import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { collectWork } from '../../src/git/collect.ts';
import { topLevelOf } from '../../src/git/top-level.ts';
import { failureOf, makeFixture, open, removeFolders, write } from './support.ts';

afterAll(removeFolders);

const nowhere = { commonDir: '/nowhere' };

/** A workspace whose commit's names were asked for. */
async function looked() {
  const { workspace, tip } = await open(await makeFixture());
  const { commonDir } = workspace.repository;
  const place = { commonDir };
  const before = await topLevelOf(place, tip);
  const collect = async () => (await collectWork(workspace, { start: tip, objectsDir: null, message: 'x' })).commit;
  return { workspace, place, before, collect };
}

test('what a commit of ours adds to known names is known without git, as git would tell it', async () => {
  const { workspace, place, before, collect } = await looked();
  write(workspace.path, { 'a.txt': 'changed\n', 'new/file.txt': 'x\n', '-z.txt': 'x\n' });
  const commit = await collect();
  const wanted = [...before, 'new', '-z.txt'].sort();
  expect(await topLevelOf(nowhere, commit)).toEqual(wanted);
  // By another name of the same commit git is asked.
  expect(await topLevelOf(place, `${commit}^{tree}`)).toEqual(wanted);
});

test.each([
  ['a file was removed', { 'c.txt': 'x\n' }, 'b.txt'],
  ['a name is not plain', { 'é.txt': 'x\n' }, null],
])('where %s, git is asked', async (_, files, removed) => {
  const { workspace, place, before, collect } = await looked();
  write(workspace.path, files);
  if (removed !== null) rmSync(join(workspace.path, removed));
  const commit = await collect();
  expect(await failureOf(topLevelOf(nowhere, commit))).toMatchObject({ type: 'RepositoryInvalid' });
  const wanted = [...before, ...Object.keys(files)].filter((name) => name !== removed).sort();
  expect(await topLevelOf(place, commit)).toEqual(wanted);
});
