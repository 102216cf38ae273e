import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { simpleGit } from 'simple-git';
import { sprintOf } from '../faults-support/keeper.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const twentyLines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);

/** A colleague's commit on the remote's main, of which the checkout knows nothing. */
async function pushByAColleague(repository: GitHubRepository, file: string, text: string): Promise<string> {
  const clone = await mkdtemp(path.join(world.folder, 'colleague-'));
  const git = simpleGit(clone);
  await git.clone(repository.remote, clone);
  await git.addConfig('user.name', 'Colleague');
  await git.addConfig('user.email', 'colleague@example.com');
  await writeFile(path.join(clone, file), text);
  await git.add('.');
  await git.commit(`change ${file}`);
  await git.push('origin', 'main');
  return (await git.revparse('HEAD')).trim();
}

describe('Fault 11: a conflict with the base is what a real merge says it is', () => {
  test('the base is fetched before the first task', async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['']);
    const theirs = await pushByAColleague(repository, 'news.txt', 'news');
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    expect(await repository.gitRemote('merge-base', 'main', 'locus/sprint-s')).toBe(theirs);
    expect(await repository.gitRemote('show', 'locus/sprint-s:news.txt')).toBe('news');
  }, 120_000);

  test('one file changed on both sides in different places is merged, and nothing is forced', async () => {
    const repository = await makeRepository(world, { files: { 'list.txt': `${twentyLines.join('\n')}\n` } });
    sprintOf(repository, ['append list.txt the end', '']);
    expect(await repository.run(['run', '1'])).toMatchObject({ code: 0 });
    const pushed = await repository.gitRemote('rev-parse', 'locus/sprint-s');
    await pushByAColleague(repository, 'list.txt', ['the beginning', ...twentyLines.slice(1), ''].join('\n'));
    expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    expect(await repository.gitRemote('show', 'locus/sprint-s:list.txt')).toBe(
      ['the beginning', ...twentyLines.slice(1), 'the end'].join('\n'),
    );
    expect(await repository.gitRemote('merge-base', 'locus/sprint-s', pushed)).toBe(pushed);
  }, 120_000);

  test('a true conflict halts with the files and how to go on; resolved on the branch, the run is resumed', async () => {
    const repository = await makeRepository(world, { files: { 'list.txt': 'one\n' } });
    sprintOf(repository, ['write list.txt ours', '']);
    expect(await repository.run(['run', '1'])).toMatchObject({ code: 0 });
    const pushed = await repository.gitRemote('rev-parse', 'locus/sprint-s');
    await pushByAColleague(repository, 'list.txt', 'theirs\n');

    const halted = await repository.run(['run', '--sprint', 'S']);
    expect(halted.code).toBe(3);
    expect(halted.stdout).toMatch(/conflicts with main in list\.txt/);
    expect(halted.stdout).toMatch(
      /merge main into locus\/sprint-s and resolve the conflict there, then `locus run --resume`/,
    );
    expect(JSON.parse((await repository.run(['status', '--json'])).stdout)).toMatchObject({
      status: 'halted',
      halt: { failure: { files: ['list.txt'] } },
    });
    expect(await repository.gitRemote('rev-parse', 'locus/sprint-s')).toBe(pushed);
    expect(await repository.agentStarts()).toEqual([1]);
    const [worktree = ''] = await repository.worktrees();
    if (worktree) expect(await repository.git('-C', `.locus/worktrees/${worktree}`, 'status', '--porcelain')).toBe('');

    await resolve(repository);
    expect(await repository.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect(await repository.gitRemote('show', 'locus/sprint-s:list.txt')).toBe('both');
    expect(await repository.gitRemote('merge-base', 'locus/sprint-s', pushed)).toBe(pushed);
  }, 120_000);
});

/** As the words on the terminal say, in the person's own checkout. */
async function resolve(repository: GitHubRepository): Promise<void> {
  await repository.git('checkout', '-q', 'locus/sprint-s');
  await repository.git('fetch', '-q');
  await repository.git('merge', 'origin/main').catch(() => 'the conflict');
  await writeFile(path.join(repository.root, 'list.txt'), 'both\n');
  await repository.git('commit', '-qam', 'merge main');
  await repository.git('checkout', '-q', 'main');
}

describe('Fault 12: a long sprint so far reaches the agent, bounded, and says what was left out', () => {
  test.each([
    ['200 kB, more than an argument may be long', 200_000],
    ['1.5 MB', 1_500_000],
  ])(
    '%s',
    async (_what, size) => {
      const words = [
        'sh',
        '-c',
        'tee "$(dirname "$E2E_LOG")/prompt-$LOCUS_TASK" >/dev/null; . "$(dirname "$E2E_LOG")/do-$LOCUS_TASK"',
      ];
      const repository = await makeRepository(world, { config: { agent: { command: words } } });
      sprintOf(repository, ['', '']);
      await writeFile(
        path.join(repository.agentFolder, 'do-1'),
        `echo small >small.txt; yes "a long line of a long file" | head -c ${size} >long.txt`,
      );
      await writeFile(path.join(repository.agentFolder, 'do-2'), 'echo two >two.txt');
      expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
      const prompt = await readFile(path.join(repository.agentFolder, 'prompt-2'), 'utf8');
      expect(prompt.length).toBeLessThan(100_000);
      expect(prompt).toContain('+small');
      expect(prompt).toMatch(/long\.txt/);
      expect(prompt).toMatch(/larger than 60000 bytes: 1 of 2 files are listed without their diff/);
    },
    120_000,
  );
});
