import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const branch = 'feature/issue-1';

test('C118: somebody has pushed to the branch: refused, and with --force taken over and judged anew', async () => {
  const repository = await haltedInReview();
  const colleague = await colleagueOf(repository);
  await colleague.commit('theirs.txt');
  await colleague.git('push', '-q', 'origin', branch);
  await refused(repository, /remote branch feature\/issue-1 is ahead.*--force/);
  expect(await repository.run(['resume', repository.gated, '--force'])).toMatchObject({ code: 0 });
  await repository.inState('JACKED_OUT');
  expect(await repository.gitRemote('show', `${branch}:theirs.txt`)).toBe('theirs.txt');
  expect(await repository.gitRemote('show', `${branch}:work-1.txt`)).toBe('turn 1');
  expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
}, 120_000);

test('C118: the remote has other commits: with --force it halts again and says so; nothing is forced or lost', async () => {
  const repository = await haltedInReview();
  const ours = await repository.git('rev-parse', branch);
  const colleague = await colleagueOf(repository);
  await colleague.git('reset', '-q', '--hard', 'origin/main');
  const theirs = await colleague.commit('theirs.txt');
  await colleague.git('push', '-q', '--force', 'origin', branch);
  await refused(repository, /remote branch feature\/issue-1 has diverged.*--force/);
  expect(await repository.run(['resume', repository.gated, '--force'])).toMatchObject({ code: 0 });
  const { run } = await repository.inState('HALTED');
  expect(run.halt?.reason).toContain(`the branch ${branch} and the one on origin have different commits`);
  expect(await repository.gitRemote('rev-parse', branch)).toBe(theirs);
  expect(await repository.git('rev-parse', branch)).toBe(ours);
  expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1']);

  // A person brings them together: ours is ahead then.
  await atBranch(repository, (git) => git('merge', '-q', '-m', 'both', theirs));
  expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
  await repository.inState('JACKED_OUT');
  for (const commit of [ours, theirs]) await repository.gitRemote('merge-base', '--is-ancestor', commit, branch);
}, 120_000);

test("C118: a person's own commit on the local branch is fine, and is pushed with the rest", async () => {
  const repository = await haltedInReview();
  const theirs = await atBranch(repository, (git) => git('commit', '-q', '--allow-empty', '-m', 'by hand'));
  expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
  await repository.inState('JACKED_OUT');
  await repository.gitRemote('merge-base', '--is-ancestor', theirs, branch);
  expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
}, 120_000);

/** A run that was halted in its review, with its work on the remote. */
async function haltedInReview(): Promise<GatedRepository> {
  const repository = await makeGated(world, { reviewer: [{ gate: 'never' }, {}] });
  await repository.run(['run', '1', '--gated', '--detach']);
  await repository.called('reviewer');
  expect(await repository.run(['halt', repository.gated, '--force'])).toMatchObject({ code: 0 });
  await repository.inState('HALTED');
  expect(await repository.remoteBranches()).toContain(branch);
  return repository;
}

async function refused(repository: GatedRepository, words: RegExp): Promise<void> {
  expect(await repository.run(['resume', repository.gated])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(words),
  });
  expect((await repository.status()).run.state).toBe('HALTED');
}

/** Somebody with a clone of their own, on the branch. */
async function colleagueOf({ remote, root }: GatedRepository) {
  const folder = path.join(path.dirname(root), 'colleague');
  await gitIn(path.dirname(root), 'clone', '-q', '-b', branch, remote, folder);
  const git = (...args: string[]) => gitIn(folder, ...args);
  const commit = async (file: string) => {
    await writeFile(path.join(folder, file), file);
    await git('add', file);
    await git('commit', '-q', '-m', `add ${file}`);
    return git('rev-parse', 'HEAD');
  };
  return { git, commit };
}

/** Does something on the run's branch in this repository; answers the commit that it is at then. */
async function atBranch(
  { git, root }: GatedRepository,
  work: (git: (...args: string[]) => Promise<string>) => Promise<unknown>,
): Promise<string> {
  const folder = path.join(path.dirname(root), 'by-hand');
  await git('worktree', 'add', '-q', folder, branch);
  await work((...args) => gitIn(folder, ...args));
  await git('worktree', 'remove', folder);
  return git('rev-parse', branch);
}

async function gitIn(folder: string, ...args: string[]): Promise<string> {
  const person = ['-c', 'user.name=Person', '-c', 'user.email=person@example.com'];
  return (await promisify(execFile)('git', ['-C', folder, ...person, ...args])).stdout.trim();
}
