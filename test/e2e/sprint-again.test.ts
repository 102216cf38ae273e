import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { GitHubStandIn } from '../support/github-stand-in/server.mjs';
import { pullsOf, viewOfIssue, writesOf } from './support/github.ts';
import { makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const milestone = 'Sprint 1';
const branch = 'locus/sprint-sprint-1';
const complete = { labels: ['locus:done'], comments: ['🤖 **Locus execution complete**'] };

test('a sprint that gets new issues after its pull request was merged goes on on a new branch', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone },
    ],
  });
  expect(await repository.run(['run'])).toMatchObject({ code: 0 });
  await github.merge(3);
  const merged = await repository.gitRemote('rev-parse', branch);
  github.seed({ issues: [{ title: 'Late', milestone }] });

  expect(await repository.run(['run'])).toMatchObject({ code: 0, stdout: expect.stringContaining('pull request #5') });
  expect(pullsOf(github)).toEqual([
    `#3 ${branch}→main merged "Sprint: Sprint 1"`,
    `#5 ${branch}-2→main open "Sprint: Sprint 1"`,
  ]);
  expect(closesIn(github, 5)).toEqual([4]);
  expect(await repository.gitRemote('rev-parse', branch)).toBe(merged);
  // It begins at the merged base, which the person's own checkout has not fetched.
  expect((await repository.commits(`${branch}-2`)).map(({ issue }) => issue)).toEqual(['4']);
  expect(await repository.gitRemote('ls-tree', '--name-only', `${branch}-2`)).toContain('issue-1.txt');
  expect(await repository.agentStarts()).toEqual([1, 2, 4]);
  expect(await repository.worktrees()).toEqual([]);
});

test('work whose pull request was turned down is not claimed by the next pull request', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'One', milestone }] });
  expect(await repository.run(['run'])).toMatchObject({ code: 0 });
  await changePull(github, 2, { state: 'closed' });
  github.seed({ issues: [{ title: 'Late', milestone }] });
  expect(await repository.run(['run'])).toMatchObject({ code: 0, stdout: expect.stringContaining('pull request #4') });
  github.seed({ issues: [{ title: 'Later', milestone }] });
  expect(await repository.run(['run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('#3 Late: done already'),
  });
  expect(pullsOf(github)).toEqual([
    `#2 ${branch}→main closed "Sprint: Sprint 1"`,
    `#4 ${branch}-2→main open "Sprint: Sprint 1"`,
  ]);
  expect(closesIn(github, 4)).toEqual([3, 5]);
  expect((await repository.commits(`${branch}-2`)).map(({ issue }) => issue)).toEqual(['3', '5']);
});

test('a sprint that gets new issues before that goes on on its branch, in the same pull request', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'One', milestone }] });
  expect(await repository.run(['run'])).toMatchObject({ code: 0 });
  github.seed({ issues: [{ title: 'Late', milestone }] });
  expect(await repository.run(['run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('#1 One: done already, pull request #2'),
  });
  expect(pullsOf(github)).toEqual([`#2 ${branch}→main open "Sprint: Sprint 1"`]);
  expect(closesIn(github, 2)).toEqual([1, 3]);
  expect((await repository.commits(branch)).map(({ issue }) => issue)).toEqual(['1', '3']);
});

test('--resume takes up only what is asked for, and leaves a branch alone that was merged meanwhile', async () => {
  const repository = await makeRepository(world, {
    config: { agent: { maxAttempts: 1 }, sprint: { stopOnFailure: false } },
  });
  const { github } = repository;
  const body = 'fail-once no luck\nwrite late.txt';
  github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone, body },
      { title: 'Three', milestone, body: 'fail never any luck' },
    ],
  });
  expect(await repository.run(['run'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('2 failed, pull request #4'),
  });
  await github.merge(4);
  const merged = await repository.gitRemote('rev-parse', branch);

  expect(await repository.run(['run', '2', '--resume'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('pull request #5'),
  });
  expect(await repository.agentStarts()).toEqual([1, 2, 3, 2]);
  expect(await repository.gitRemote('rev-parse', branch)).toBe(merged);
  expect((await repository.commits(`${branch}-2`)).map(({ issue }) => issue)).toEqual(['2']);
  expect(closesIn(github, 5)).toEqual([2]);
  expect(await repository.run(['run', '2', '--resume'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the last run left nothing that is still to be done'),
  });
});

test('what a running sprint holds is refused elsewhere, by its name; stopped, it can be resumed', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone, body: 'write half.txt\ngate never' },
      { title: 'Three', milestone },
    ],
  });
  const running = repository.start(['run']);
  await until('the second agent works', async () => (await repository.agentStarts()).includes(2));
  const runId = `locus/acme/${github.repo}/sprint/sprint-1`;
  expect(await repository.run(['run', '3'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`issue #3 is held by the run ${runId}`),
  });

  expect(await repository.run(['stop', runId])).toMatchObject({ code: 0 });
  expect(await running.ended).toMatchObject({ code: 3 });
  await until('its agent is gone', () =>
    repository.agentLog().then((notes) => notes.every(({ pid }) => !isAlive(pid))),
  );
  expect(viewOfIssue(github, 1)).toEqual(complete);
  expect(viewOfIssue(github, 2)).toEqual({ labels: [], comments: [] });
  expect((await repository.commits(branch)).map(({ issue }) => issue)).toEqual(['1']);

  await repository.openGate('never');
  expect(await repository.run(['run', '--resume'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('finished: 2 of 2 tasks done, pull request #4'),
  });
  expect((await repository.commits(branch)).map(({ issue, files }) => [issue, files])).toEqual([
    ['1', ['issue-1.txt']],
    ['2', ['half.txt']],
    ['3', ['issue-3.txt']],
  ]);
  expect(closesIn(github, 4)).toEqual([1, 2, 3]);
  expect(await repository.agentStarts()).toEqual([1, 2, 2, 3]);
  for (const issue of [1, 2, 3]) expect(viewOfIssue(github, issue)).toEqual(complete);
});

test('an issue of a parallel run is refused elsewhere while that run holds it', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({
    issues: [
      { title: 'One', body: 'gate go\nwrite one.txt' },
      { title: 'Two', body: 'gate go\nwrite two.txt' },
      { title: 'Three' },
    ],
  });
  const running = repository.start(['run', '1', '2']);
  await until('both agents work', async () => (await repository.agentStarts()).length === 2);
  const holder = `held by the run locus/acme/${github.repo}/parallel/1-2`;
  expect(await repository.run(['run', '2'])).toMatchObject({ code: 2, stderr: expect.stringContaining(holder) });
  expect(await repository.run(['run', '2', '3'])).toMatchObject({ code: 2, stderr: expect.stringContaining(holder) });
  const other = repository.start(['run', '2', '1']);
  await until('the same issues in another order are the same run', () =>
    other.stdout().includes('goes on already: showing that run'),
  );
  await repository.openGate('go');
  expect((await Promise.all([running.ended, other.ended])).map(({ code }) => code)).toEqual([0, 0]);
  expect((await repository.agentStarts()).sort()).toEqual([1, 2]);
});

test('autoPR and autoLabel off leave pull requests and labels alone; verify and the sandbox are in the way of nothing', async () => {
  // A shell's line, because a sandbox has no /tmp, where a checkout of ours and its scripts may lie.
  const commit =
    'echo a > a.txt && git add a.txt && git -c user.name=A -c user.email=a@example.com commit -qm "feat: a (#1)"';
  const command = [
    'sh',
    '-c',
    `cat > /dev/null; test -f a.txt || { ${commit}; }; echo "$LOCUS_TASK" > b.txt; echo Done.`,
  ];
  const config = {
    agent: { autoPR: false, autoLabel: false, command, env: [], verify: 'test -f a.txt && test -f b.txt' },
    sandbox: { enabled: true },
  };
  const repository = await makeRepository(world, { config });
  const { github } = repository;
  github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone },
    ],
  });
  expect(await repository.run(['run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('finished: 2 of 2 tasks done'),
  });
  expect(pullsOf(github)).toEqual([]);
  expect(github.state().labels).toEqual([]);
  expect(writesOf(github).map((write) => write.replace(/^.*(?=\/issues)/, ''))).toEqual([
    '/issues/1/comments',
    '/issues/2/comments',
  ]);
  expect((await repository.commits(branch)).map(({ subject }) => subject)).toEqual([
    'feat: a (#1)',
    'feat: One (#1)',
    'feat: Two (#2)',
  ]);
});

async function changePull(github: GitHubStandIn, number: number, change: object): Promise<void> {
  const headers = { authorization: `token ${github.token}` };
  await fetch(`${github.url}/repos/acme/${github.repo}/pulls/${number}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify(change),
  });
}

function closesIn(github: GitHubStandIn, pull: number): number[] {
  const body = github.state().pulls.find(({ number }) => number === pull)?.body ?? '';
  return [...body.matchAll(/^- Closes #(\d+): /gm)].map(([, number]) => Number(number));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
