import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal, expectUntouched } from '../faults-support/refusal.ts';
import { labelsOf, writesOf } from './support/github.ts';
import { type GitHubRepository, makeLocalRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

describe('GitHub that cannot be used is refused, and nothing is left behind', () => {
  let repository: GitHubRepository;

  beforeAll(async () => {
    repository = await makeRepository(world);
    repository.github.seed({
      milestones: ['Empty', { title: 'Old', state: 'closed' }],
      issues: [
        { title: 'One' },
        { title: 'Two', state: 'closed' },
        { title: 'Three', milestone: 'Closed ones', state: 'closed' },
      ],
    });
  });

  afterAll(() => expectUntouched(repository));

  test('a token that is refused', async () => {
    const ended = await repository.run(['run', '1'], { GITHUB_TOKEN: 'wrong' });
    expectRefusal(ended, /GitHub .*(token|credentials)/i, /GITHUB_TOKEN/);
  });

  test('no token', async () => {
    const ended = await repository.run(['run', '1'], { GITHUB_TOKEN: undefined });
    expectRefusal(ended, /no token for acme\//, /GITHUB_TOKEN/);
  });

  test('an API that nobody answers at', async () => {
    expectRefusal(
      await repository.run(['run', '1'], { GITHUB_API_URL: 'http://127.0.0.1:1' }),
      /cannot reach 127.0.0.1:1/,
      /tracker answers/,
    );
  });

  test('an issue that is not there, a closed one, one of several', async () => {
    expectRefusal(await repository.run(['run', '99']), /#99/, /./);
    expectRefusal(await repository.run(['run', '2']), /issue #2 is closed/, /reopen/);
    expectRefusal(await repository.run(['run', '1', '99']), /#99/, /./);
  });

  test('sprints: none of that name, a closed one, an empty one, one whose issues are all closed, none chosen', async () => {
    expectRefusal(await repository.run(['run', '--sprint', 'Nope']), /no sprint "Nope"/, /--sprint/);
    expectRefusal(await repository.run(['run', '--sprint', 'old']), /the sprint "Old" is closed/, /--sprint/);
    expectRefusal(await repository.run(['run', '--sprint', 'empty']), /"Empty" has no open issues/, /add issues/);
    expectRefusal(
      await repository.run(['run', '--sprint', 'closed ones']),
      /"Closed ones" has no open issues/,
      /add issues/,
    );
    expectRefusal(await repository.run(['run']), /2 open sprints: "Empty", "Closed ones"/, /--sprint/);
  });

  test('--resume where there is nothing to resume', async () => {
    expectRefusal(await repository.run(['run', '1', '--resume']), /no run to resume/, /locus run/);
  });

  test('an unknown key is told as a warning, and does not stop anything', async () => {
    const other = await makeRepository(world, { config: { agent: { maxParalel: 4 }, telemetry: true } });
    other.github.seed({ issues: [{ title: 'One' }] });
    const ended = await other.run(['run', '1']);
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/unknown keys agent\.maxParalel, telemetry/),
    });
  });
});

describe('A checkout with changes is refused where the sprint would work in it', () => {
  test('changes and untracked files are refused before a run is started; committed, it runs', async () => {
    const repository = await makeLocalRepository(world, { config: { sprint: { workspace: 'root' } } });
    await repository.run(['sprint', 'add', 'S']);
    await repository.run(['issue', 'add', 'One', '--sprint', 'S']);
    await writeFile(path.join(repository.root, 'mine.txt'), 'mine');
    expectRefusal(
      await repository.run(['run']),
      /has changes that are not committed/,
      /commit or stash them, or set sprint\.workspace/,
    );
    await expectUntouched(repository);
    expect(JSON.parse((await repository.run(['runs', '--json'])).stdout)).not.toContainEqual(
      expect.objectContaining({ sprint: 'S' }),
    );
    await repository.git('add', '-A');
    await repository.git('commit', '-qm', 'mine');
    await repository.git('push', '-q', 'origin', 'main');
    expect(await repository.run(['run'])).toMatchObject({ code: 0 });
    expect(await repository.git('branch', '--show-current')).toBe('main');
  }, 120_000);
});

describe('A remote that refuses the push', () => {
  test('halts the sprint with the words of the remote and how to go on; the work stays', async () => {
    const repository = await makeRepository(world);
    repository.github.seed({ issues: [{ title: 'One', milestone: 'S' }] });
    const hooks = path.join(repository.remote, 'hooks');
    await mkdir(hooks, { recursive: true });
    await writeFile(path.join(hooks, 'pre-receive'), '#!/bin/sh\necho "only releases today" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const ended = await repository.run(['run', '--sprint', 'S']);
    expect(ended.code).toBe(3);
    expect(ended.stdout).toMatch(/only releases today/);
    expect(ended.stdout).toMatch(/locus run --resume/);
    expect(ended.stdout.match(/only releases today/g)).toHaveLength(1);
    expect(await repository.remoteBranches()).toEqual(['main']);
    expect(labelsOf(repository.github.state().issues[0] ?? { labels: [] })).toEqual(['locus:failed']);
    expect(await repository.git('log', '--format=%s', 'main..locus/sprint-s')).toBe('feat: One (#1)');
    expect(writesOf(repository.github).filter((write) => write.includes('/pulls'))).toEqual([]);
  }, 120_000);
});

describe('Names that mean harm are only names', () => {
  const long = `${'x'.repeat(20)} 🚀 `.repeat(13);
  const names = [
    'It\'s "quoted" & `ticks` $(touch /tmp/locus-was-here)',
    'émoji 🚀🚀',
    'two\nlines\tand a tab',
    long.slice(0, 300),
    '../../etc',
    '-rf',
    '...',
  ];

  test('sprints and issues with quotes, $(…), emoji, newlines and 300 characters run', async () => {
    const repository = await makeRepository(world);
    const issues = names.map((title) => ({ title: title.slice(0, 256), milestone: names[0] as string }));
    repository.github.seed({ issues });
    const ended = await repository.run(['run', '--sprint', names[0] as string]);
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/error/) });
    const [pull, ...more] = repository.github.state().pulls;
    expect(more).toEqual([]);
    expect(pull?.title.length).toBeLessThanOrEqual(256);
    for (let number = 1; number <= names.length; number += 1) expect(pull?.body).toContain(`Closes #${number}:`);
    expect(await repository.commits(pull?.head.ref ?? '')).toHaveLength(names.length);
  }, 120_000);

  test('each of them may be the name of a sprint, and its branch is one git takes', async () => {
    const repository = await makeRepository(world);
    repository.github.seed({ issues: names.map((title) => ({ title: 'One', milestone: title })) });
    for (const [index, title] of names.entries()) {
      const ended = await repository.run(['run', '--sprint', title, '--detach']);
      expect({ index, code: ended.code, err: ended.stderr }).toMatchObject({ code: 0 });
    }
    for (const title of names) expect(await repository.run(['run', '--sprint', title])).toMatchObject({ code: 0 });
    const { pulls } = repository.github.state();
    expect(new Set(pulls.map((pull) => pull.head.ref)).size).toBe(names.length);
    for (const pull of pulls) expect(pull.title.length).toBeLessThanOrEqual(256);
  }, 120_000);

  test('two sprints whose names make one slug have branches and runs of their own', async () => {
    const repository = await makeLocalRepository(world);
    for (const title of ['A b', 'a-b']) {
      await repository.run(['sprint', 'add', title]);
      await repository.run(['issue', 'add', `of ${title}`, '--sprint', title]);
    }
    const [first, second] = await Promise.all(
      ['A b', 'a-b'].map((title) => repository.run(['run', '--sprint', title, '--json'])),
    );
    const events = [first, second].map((ended) => JSON.parse(ended?.stdout.split('\n')[0] ?? ''));
    expect([first?.code, second?.code]).toEqual([0, 0]);
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(2);
    expect(new Set(events.map(({ branch }) => branch)).size).toBe(2);
    expect((await repository.remoteBranches()).sort()).toEqual(['main', ...events.map(({ branch }) => branch)].sort());
  }, 120_000);
});
