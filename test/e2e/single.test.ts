import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { issueOf, pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

test('a standalone issue gets a branch, a commit, a comment and a pull request of its own', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'Say "hi" $(touch /tmp/x) 🎉', labels: ['type:chore'] }, { title: 'Another' }] });
  expect(await repository.run(['run', '#1'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('pull request #3'),
  });

  expect(await repository.remoteBranches()).toEqual(['locus/issue-1', 'main']);
  const commits = await repository.commits('locus/issue-1');
  expect(commits.map(({ subject, files }) => [subject, files])).toEqual([
    ['chore: Say "hi" $(touch /tmp/x) 🎉 (#1)', ['issue-1.txt']],
  ]);
  expect(pullsOf(github)).toEqual([`#3 locus/issue-1→main open ${JSON.stringify('Say "hi" $(touch /tmp/x) 🎉 (#1)')}`]);
  expect(github.state().pulls[0]?.body).toMatch(/^Closes #1\n/);
  expect(viewOfIssue(github, 1)).toEqual({
    labels: ['locus:done', 'type:chore'],
    comments: ['🤖 **Locus execution complete**'],
  });
  expect(issueOf(github, 1).comments[0]?.body).toContain('PR: #3');
  expect(viewOfIssue(github, 2)).toEqual({ labels: [], comments: [] });
  expect(await repository.worktrees()).toEqual([]);
  expect(await repository.agentStarts()).toEqual([1]);
});

test('an issue of a sprint is worked on on the sprint’s branch and goes into its pull request', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  const milestone = 'v2.0 Migration';
  github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone },
      { title: 'Three', milestone },
    ],
  });

  expect(await repository.run(['run', '2'])).toMatchObject({ code: 0 });
  expect(pullsOf(github)).toEqual(['#4 locus/sprint-v2.0-migration→main open "Sprint: v2.0 Migration"']);
  expect(github.state().pulls[0]?.body).toMatch(/^- Closes #2: Two\n\n---/);
  expect((await repository.commits('locus/sprint-v2.0-migration')).map(({ issue }) => issue)).toEqual(['2']);

  expect(await repository.run(['run', '3'])).toMatchObject({ code: 0 });
  expect(pullsOf(github)).toHaveLength(1);
  expect(github.state().pulls[0]?.body).toMatch(
    /- Closes #2: Two\n(.*\n)*- Closes #3: Three|- Closes #3: Three\n(.*\n)*- Closes #2: Two/,
  );

  expect(await repository.run(['run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('#2 Two: done already, pull request #4'),
  });
  expect((await repository.commits('locus/sprint-v2.0-migration')).map(({ issue }) => issue)).toEqual(['2', '3', '1']);
  expect(pullsOf(github)).toEqual(['#4 locus/sprint-v2.0-migration→main open "Sprint: v2.0 Migration"']);
  for (const issue of [1, 2, 3]) {
    expect(github.state().pulls[0]?.body).toContain(`- Closes #${issue}: `);
    expect(viewOfIssue(github, issue)).toEqual({
      labels: ['locus:done'],
      comments: ['🤖 **Locus execution complete**'],
    });
  }
  expect(await repository.agentStarts()).toEqual([2, 3, 1]);
  expect(await repository.remoteBranches()).toEqual(['locus/sprint-v2.0-migration', 'main']);
  expect(await repository.worktrees()).toEqual([]);
});

test('an issue whose pull request was merged is done again with --force on a new branch', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'Again', body: 'append count.txt' }] });
  expect(await repository.run(['run', '1'])).toMatchObject({ code: 0 });
  const first = await repository.gitRemote('rev-parse', 'locus/issue-1');
  await github.merge(2);
  const closed = await repository.run(['run', '1', '--force']);
  expect(closed).toMatchObject({ code: 2, stderr: expect.stringContaining('issue #1 is closed') });
  await fetch(`${github.url}/repos/acme/${github.repo}/issues/1`, {
    method: 'PATCH',
    headers: { authorization: `token ${github.token}` },
    body: JSON.stringify({ state: 'open' }),
  });
  const before = github.log.length;
  expect(await repository.run(['run', '1'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('#1 Again: done already, pull request #2'),
  });
  expect(writesOf(github, before)).toEqual([]);

  expect(await repository.run(['run', '1', '--force'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('pull request #3'),
  });
  expect(pullsOf(github)).toEqual([
    '#2 locus/issue-1→main merged "Again (#1)"',
    '#3 locus/issue-1-2→main open "Again (#1)"',
  ]);
  expect(await repository.gitRemote('rev-parse', 'locus/issue-1')).toBe(first);
  expect(await repository.gitRemote('show', 'locus/issue-1-2:count.txt')).toBe('work on #1\nwork on #1');
  expect(viewOfIssue(github, 1).labels).toEqual(['locus:done']);
  expect(await repository.agentStarts()).toEqual([1, 1]);
  expect(await repository.worktrees()).toEqual([]);
  expect(await repository.run(['run', '1'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('#1 Again: done already, pull request #3'),
  });
});
