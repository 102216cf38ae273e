import { afterAll, describe, expect, test } from '@jest/globals';
import { keepWhatLies } from '../../src/git/unfinished.ts';
import { commit, type Fixture, makeFixture, open, removeFolders, sh, write } from './support.ts';

afterAll(removeFolders);

/** What a task does first with a worktree that is there already. */
async function begin(fixture: Fixture): Promise<void> {
  const { workspace, tip: start } = await open(fixture);
  await keepWhatLies(workspace, { start, objectsDir: null, ref: 'refs/locus/wip/issue-1/found-1' });
}

describe('what lies in a worktree and is kept nowhere', () => {
  test('is put aside before the next task: changes, and commits that no branch has', async () => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    commit(workspace.path, { 'own.txt': 'own\n' });
    write(workspace.path, { 'a.txt': 'half\n', 'new.txt': 'new\n' });
    await begin(fixture);
    const [aside = '', ...more] = sh(fixture.root, ['for-each-ref', '--format=%(refname)', 'refs/locus']).split('\n');
    expect(more).toEqual([]);
    expect(aside).toMatch(/^refs\/locus\/aside\/issue-1\/found-1\/[0-9a-f]{12}$/);
    for (const [file, text] of Object.entries({ 'a.txt': 'half', 'new.txt': 'new', 'own.txt': 'own' })) {
      expect(sh(fixture.root, ['show', `${aside}:${file}`])).toBe(text);
    }
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(sh(workspace.path, ['rev-parse', 'HEAD', 'locus/issue-1'])).toBe(`${tip}\n${tip}`);
  });

  test('leaves nothing behind where nothing lies there, or all of it is kept already', async () => {
    const fixture = await makeFixture();
    const { workspace } = await open(fixture);
    await begin(fixture);
    expect(sh(fixture.root, ['for-each-ref', 'refs/locus'])).toBe('');
    for (let times = 0; times < 2; times++) {
      write(workspace.path, { 'new.txt': 'new\n' });
      await begin(fixture);
    }
    expect(sh(fixture.root, ['for-each-ref', '--format=x', 'refs/locus'])).toBe('x');
  });
});
