import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { callsOf, issueOf, labelsOf, pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const done = { labels: ['locus:done'], comments: ['🤖 **Locus execution complete**'] };

describe('a sprint of five', () => {
  let repository: GitHubRepository;

  beforeAll(async () => {
    repository = await makeRepository(world);
    repository.github.seed({
      issues: [
        { title: 'Last, without an order', milestone: 'Sprint 1' },
        { title: 'Third', milestone: 'Sprint 1', labels: ['order:30', 'type:bug'] },
        {
          title: 'First',
          milestone: 'Sprint 1',
          labels: ['order:1'],
          body: 'write a.txt\ncommit feat: the agent’s own (#3)\nwrite b.txt',
        },
        { title: 'Second', milestone: 'Sprint 1', labels: ['order:2', 'type:docs', 'locus:queued'] },
        { title: 'Fourth, without an order', milestone: 'Sprint 1' },
        { title: 'Not of the sprint' },
        { title: 'Closed', milestone: 'Sprint 1', state: 'closed' },
      ],
    });
  });

  test('is worked on in order, on one branch, with one pull request at its end', async () => {
    const { code, stdout, stderr } = await repository.run(['run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('error') });
    expect(stdout).toContain('finished: 5 of 5 tasks done, pull request #8');

    expect(await repository.agentStarts()).toEqual([3, 4, 2, 1, 5]);
    const commits = await repository.commits('locus/sprint-sprint-1');
    expect(commits.map(({ subject, issue, files }) => [subject, issue, files])).toEqual([
      ['feat: the agent’s own (#3)', '', ['a.txt']],
      ['feat: First (#3)', '3', ['b.txt']],
      ['docs: Second (#4)', '4', ['issue-4.txt']],
      ['fix: Third (#2)', '2', ['issue-2.txt']],
      ['feat: Last, without an order (#1)', '1', ['issue-1.txt']],
      ['feat: Fourth, without an order (#5)', '5', ['issue-5.txt']],
    ]);
    expect(await repository.remoteBranches()).toEqual(['locus/sprint-sprint-1', 'main']);
    expect(await repository.gitRemote('log', '--format=%s', 'main')).toBe('chore: begin');
  });

  test('leaves one status label and one comment on each issue, and nothing on others', () => {
    const { github } = repository;
    expect(viewOfIssue(github, 1)).toEqual(done);
    expect(viewOfIssue(github, 2)).toEqual({ ...done, labels: ['locus:done', 'order:30', 'type:bug'] });
    expect(viewOfIssue(github, 3)).toEqual({ ...done, labels: ['locus:done', 'order:1'] });
    expect(viewOfIssue(github, 4)).toEqual({ ...done, labels: ['locus:done', 'order:2', 'type:docs'] });
    expect(viewOfIssue(github, 5)).toEqual(done);
    expect(viewOfIssue(github, 6)).toEqual({ labels: [], comments: [] });
    expect(viewOfIssue(github, 7)).toEqual({ labels: [], comments: [] });
    // A zero-width space keeps the agent's words from mentioning issues and people.
    const words = /Done with #\u200b3\.\n\nDuration: \d+s\n\n<!-- locus: .*\/3\/done -->$/;
    expect(issueOf(github, 3).comments[0]?.body).toMatch(words);
    expect(issueOf(github, 3).state).toBe('open');
  });

  test('has a pull request that closes its issues, with our label, and is no draft', () => {
    const { github } = repository;
    expect(pullsOf(github)).toEqual(['#8 locus/sprint-sprint-1→main open "Sprint: Sprint 1"']);
    const [pull] = github.state().pulls;
    expect(pull).toMatchObject({ draft: false, labels: [{ name: 'agent:managed', color: '7057FF' }] });
    expect(pull?.body).toBe(
      [
        '- Closes #3: First\n- Closes #4: Second\n- Closes #2: Third',
        `- Closes #1: Last, without an order\n- Closes #5: Fourth, without an order\n\n---\n🤖 Made by Locus in run \`locus/acme/${github.repo}/sprint/sprint-1\``,
      ].join('\n'),
    );
    expect(github.state().labels).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'locus:done', color: '006B75' }),
        expect.objectContaining({ name: 'locus:in-progress', color: '0E8A16' }),
      ]),
    );
  });

  test('leaves the checkout as it was, and no worktree', async () => {
    expect(await repository.worktrees()).toEqual([]);
    expect(await repository.git('status', '--porcelain')).toBe('');
    expect(await repository.git('symbolic-ref', '--short', 'HEAD')).toBe('main');
  });

  test('has nothing to do when it is run again, names its pull request, and changes nothing', async () => {
    const before = repository.github.log.length;
    const { code, stdout } = await repository.run(['run']);
    expect(code).toBe(0);
    expect(stdout).toContain('#3 First: done already, pull request #8');
    expect(stdout).toContain('nothing to do; run them again with --force');
    expect(writesOf(repository.github, before)).toEqual([]);
    expect(await repository.agentStarts()).toHaveLength(5);
  });
});

test('a task that succeeds costs five calls to the tracker, and a run eleven', async () => {
  const repository = await makeRepository(world);
  const count = 10;
  const issues = Array.from({ length: count }, (_, index) => ({ title: `Task ${index + 1}`, milestone: 'Ten' }));
  repository.github.seed({ issues });
  expect(await repository.run(['run'])).toMatchObject({ code: 0 });
  const calls = callsOf(repository.github);
  const total = Object.values(calls).reduce((sum, each) => sum + each, 0);
  console.log(`${total} calls for ${count} tasks\n${JSON.stringify(calls, null, 2)}`);
  expect(calls).toEqual({
    'GET /milestones': 1,
    'GET /issues': 1,
    'GET /labels': 1,
    'POST /labels': 4,
    'GET /issues/N': count,
    'POST /issues/N/labels': 2 * count + 1,
    'DELETE /issues/N/labels/locus:in-progress': count,
    'POST /issues/N/comments': count,
    'GET /pulls': 2,
    'POST /pulls': 1,
  });
  expect(labelsOf(issueOf(repository.github, 1))).toEqual(['locus:done']);
});
