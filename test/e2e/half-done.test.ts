import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end(), 60_000);

const commit = (words: string) => `echo ${words} >a.txt && git add -A && git commit -qm ${words}`;
/** Two commits of its own, and a rebase of one onto the other, which stops at their conflict. */
const rebase = `${commit('theirs')} && T=$(git rev-parse HEAD) && git reset -q --hard HEAD~1 && ${commit('ours')}; git rebase $T`;

/** What the first agent does to its workspace before it ends, by the title of its issue. */
const first = {
  'killed in a rebase': `once shell ${rebase}; kill -9 $PPID`,
  'ended in a rebase': `once shell ${rebase}`,
  'killed in a commit': 'once shell touch "$(git rev-parse --git-path index.lock)"; kill -9 $PPID',
  'its folder deleted': 'once shell rm -rf "$PWD"\nonce fail',
  'its branch deleted': 'once shell git branch -D locus/issue-$LOCUS_TASK\nonce fail',
  'killed, its worktree removed': 'once shell git worktree remove --force "$PWD"; kill -9 $PPID',
};

test('whatever an agent leaves of its workspace: the next one begins in one that works, or it is refused in words until a resume', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxParallel: 2 } } });
  const titles = Object.keys(first);
  const work = 'write b.txt\ncommit feat: b\nappend b.txt more';
  repository.github.seed({
    issues: Object.entries(first).map(([title, body]) => ({ title, body: `${body}\n${work}` })),
  });
  const numbers = titles.map((_title, index) => index + 1);

  const { code, stdout } = await repository.run(['run', ...numbers.map(String)]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('3 of 6 tasks done, 3 failed') });
  for (const gone of [4, 6])
    expect(stdout).toMatch(
      new RegExp(`✘ #${gone} .*\\n.*issue-${gone} cannot be used: its folder is gone\\n.*then \`locus run --resume\``),
    );
  expect(stdout).toMatch(/✘ #5 .*\n.*the branch locus\/issue-5 was deleted while the agent worked\n/);
  expect(await repository.run(['run', ...numbers.map(String), '--resume'])).toMatchObject({ code: 0 });

  expect((await repository.agentStarts()).sort()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6]);
  for (const number of numbers) {
    const commits = await repository.commits(`locus/issue-${number}`);
    expect({ number, files: commits.map(({ files }) => files) }).toEqual({ number, files: [['b.txt'], ['b.txt']] });
  }
  // Of a rebase, what was there already is kept.
  const aside = (await repository.git('for-each-ref', '--format=%(refname)', 'refs/locus/aside/issue-1')).split('\n');
  expect(await repository.git('log', '--format=%s', `main..${aside[0]}`)).toContain('theirs');
}, 120_000);
