import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.locus(['up'], { cwd: world.folder });
});

afterAll(() => world.end(), 60_000);

const config = { dissent: { enabled: true } };
/** The first sprint deletes a file; nobody is there to give a second opinion. */
const first = { remove: ['old.txt'], write: { 'cart.txt': 'cart\n' } };

/** A plan of two sprints that is stopped while an agent of its second one works. */
async function stopped(script: Script, role: 'implementer' | 'reviewer', args: readonly string[] = []) {
  const repository = await makeGated(world, script, { config });
  await repository.run(['run', 'sprint-plan', '--detach', ...args]);
  await repository.called(role, 2);
  expect((await repository.run(['stop', repository.gated])).code).toBe(0);
  return repository;
}

async function runAgain(repository: GatedRepository, script: Script, args: readonly string[] = []) {
  const before = (await repository.calls()).length;
  await repository.play(script);
  const end = await repository.run(['run', 'sprint-plan', ...args]);
  const calls = (await repository.calls()).slice(before);
  const asked = calls.map(({ role, prompt }) => `${role} ${/sprint-\d/.exec(prompt)?.[0]}`);
  return { ...end, asked };
}

const rolesOf = (sprint: string) => ['implementer', 'reviewer', 'auditor'].map((role) => `${role} ${sprint}`);
const bodies = (repository: GatedRepository) => repository.github.state().pulls.map(({ body }) => body ?? '');
const branchOf = async (repository: GatedRepository) => (await repository.status()).plan.branch;

describe('`locus run sprint-plan` after a plan on the same branch was stopped', () => {
  test('C56: goes on after the sprint that is complete, and its draft tells what that has come to', async () => {
    const repository = await stopped({ implementer: [first, { gate: 'never' }] }, 'implementer');
    const { code, asked } = await runAgain(repository, {});
    expect({ code, asked }).toEqual({ code: 0, asked: rolesOf('sprint-2') });
    const [body = '', ...more] = bodies(repository);
    expect(more).toEqual([]);
    expect(body).toContain('| Sprints Completed | 2 / 2 |');
    expect(body).toContain('| sprint-1 | completed | 1 | 2 |');
    expect(body).toContain('sprint-1: dissent did not run');
    expect(body).toContain('old.txt (sprint-1, cycle 1)');
    expect(await repository.commits(await branchOf(repository))).toHaveLength(2);

    const done = await runAgain(repository, {});
    expect({ code: done.code, asked: done.asked }).toEqual({ code: 0, asked: [] });
    expect(bodies(repository)).toHaveLength(1);
    for (const each of [
      'sprint-1: dissent did not run',
      'sprint-2: dissent did not run',
      'old.txt (sprint-1, cycle 1)',
    ])
      expect(bodies(repository)[0]).toContain(each);
  }, 120_000);

  test('a sprint that had a commit goes on from where it began: reviewed and audited, also with nothing new', async () => {
    const repository = await stopped({ implementer: [first, {}], reviewer: [{}, { gate: 'never' }] }, 'reviewer');
    const { code, asked } = await runAgain(repository, { implementer: [{ idle: true }] });
    expect({ code, asked }).toEqual({ code: 0, asked: rolesOf('sprint-2') });
    expect(bodies(repository)[0]).toContain('| sprint-2 | completed | 2 | 1 |');
    expect(await repository.commits(await branchOf(repository))).toHaveLength(2);
  }, 120_000);

  test('a sprint whose work is on the branch no more runs again, and a warning says why', async () => {
    const repository = await stopped({ implementer: [first, { gate: 'never' }] }, 'implementer');
    const branch = await branchOf(repository);
    const lost = (await repository.git('rev-parse', branch)).slice(0, 7);
    await repository.git('branch', '-q', '-D', branch);
    const { code, stdout, stderr, asked } = await runAgain(repository, {});
    expect({ code, asked }).toEqual({ code: 0, asked: [...rolesOf('sprint-1'), ...rolesOf('sprint-2')] });
    const why = `sprint-1 was completed before and runs again: its commit ${lost} is not on ${branch}`;
    expect(stdout + stderr).toContain(why);
    expect(bodies(repository)[0]).toContain(why);
    expect(bodies(repository)[0]).not.toContain('old.txt');
    expect(await repository.commits(branch)).toHaveLength(2);
  }, 120_000);
});
