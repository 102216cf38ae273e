import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { resolveCommit } from '../../src/git/branches.ts';
import { tidy } from '../../src/git/tidy.ts';
import { makeFixture, removeFolders, sh } from './support.ts';

afterAll(removeFolders);

const somebody = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];

/** So many branches of ours, each with a commit of its own that was pushed. */
async function withBranches(count: number) {
  const { repository, root } = await makeFixture();
  const tips = Array.from({ length: count }, (_, at) =>
    sh(root, [...somebody, 'commit-tree', '-m', `work ${at}`, '-p', 'HEAD', 'HEAD^{tree}']),
  );
  const named = (prefix: string) => tips.map((tip, at) => `create refs/${prefix}/locus/issue-${at} ${tip}\n`);
  sh(root, ['update-ref', '--stdin'], {}, [...named('heads'), ...named('locus/pushed')].join(''));
  const loose = () => {
    const folder = join(repository.commonDir, 'refs/heads/locus');
    return existsSync(folder) ? readdirSync(folder).length : 0;
  };
  return { repository, root, tips, loose };
}

test('many pushed branches are packed, and their commits; all of them are read as before', async () => {
  const { repository, root, tips, loose } = await withBranches(100);
  const before = await resolveCommit(repository, 'refs/heads/locus/issue-1');
  await tidy(repository);
  expect(loose()).toBe(0);
  expect(sh(root, ['count-objects', '-v'])).toMatch(/in-pack: \d{3}/);
  expect(before).toBe(tips[1]);
  for (const [at, tip] of tips.entries())
    expect(await resolveCommit(repository, `refs/heads/locus/issue-${at}`)).toBe(tip);
  // What is packed is remembered until git writes it anew.
  sh(root, ['update-ref', 'refs/heads/locus/issue-1', tips[2] ?? '']);
  expect(await resolveCommit(repository, 'refs/heads/locus/issue-1')).toBe(tips[2]);
  sh(root, ['pack-refs', '--all']);
  expect(await resolveCommit(repository, 'refs/heads/locus/issue-1')).toBe(tips[2]);
  sh(root, ['update-ref', '-d', 'refs/heads/locus/issue-1']);
  expect(await resolveCommit(repository, 'refs/heads/locus/issue-1')).toBeNull();
});

test('few branches are left as they are', async () => {
  const { repository, loose } = await withBranches(20);
  await tidy(repository);
  expect(loose()).toBe(20);
});
