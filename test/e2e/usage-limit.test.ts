import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { makeClaudeRepository } from '../faults-support/claude.ts';
import { keeperOf, kill, sprintOf } from '../faults-support/keeper.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const waiting = async (repository: GitHubRepository) =>
  JSON.parse((await repository.run(['status', `${repository.github.repo}/`, '--json'])).stdout).waiting;

describe('an account that has reached its usage limit', () => {
  test('puts its runs to sleep until it ends, through a killed worker; they go on by themselves, and nothing is counted', async () => {
    const one = await makeClaudeRepository(world, { config: { agent: { maxAttempts: 1 } } });
    const other = await makeClaudeRepository(world);
    sprintOf(one, ['write one.txt\nonce limit 10\nappend one.txt more', '']);
    sprintOf(other, ['']);
    const first = one.start(['run', '--sprint', 'S']);
    await until('the first run sleeps', () => first.stdout().includes('usage limit of claude'));
    const second = other.start(['run', '--sprint', 'S']);
    await until('the second run sleeps', () => second.stdout().includes('usage limit of claude'));

    const [, met] = await one.agentLog();
    const ends = met?.until ?? 0;
    // Everywhere the same: the stated time and 10 s, as a person reads it, a script, and the Web UI.
    const wake = new Date(ends + 10_000);
    for (const repository of [one, other])
      expect(await waiting(repository)).toEqual({ reason: 'the usage limit of claude', until: wake.getTime() });
    expect((await one.run(['status', `${one.github.repo}/`])).stdout).toContain(
      `waiting until ${wake.toLocaleString()}: the usage limit of claude`,
    );
    expect(await detailsOf(`locus/acme/${one.github.repo}/sprint/s`)).toContain(
      `waiting until ${wake.toISOString()}: the usage limit of claude`,
    );
    kill((await keeperOf(world)).worker?.pid);
    expect([await one.agentStarts(), await other.agentStarts()]).toEqual([[1], []]);

    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await second.ended).toMatchObject({ code: 0 });
    expect([await one.agentStarts(), await other.agentStarts()]).toEqual([[1, 1, 2], [1]]);
    const again = (await one.agentLog())[2];
    const its = (await other.agentLog())[0];
    for (const start of [again, its]) {
      expect(start?.at).toBeGreaterThanOrEqual(ends);
      expect(start?.at).toBeLessThan(ends + 60_000);
    }
    // What it had made before, and in the session that it was in.
    expect(again?.session).toBe(`session-${met?.pid}`);
    expect(await one.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('work on #1\nmore');
  }, 120_000);

  test('is asked again at once where a person knows better: by `locus resume`, or `locus run --resume`', async () => {
    const first = await makeRepository(world);
    const second = await makeRepository(world);
    sprintOf(first, ['once limit 36000\nwrite one.txt']);
    sprintOf(second, ['once limit 36000\nwrite one.txt']);
    const cli = first.start(['run', '--sprint', 'S']);
    await until('it sleeps', () => cli.stdout().includes('usage limit of command'));
    expect((await waiting(first)).until).toBeGreaterThan(Date.now() + 35_000_000);
    expect(await first.run(['resume', `${first.github.repo}/`])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the usage limit of command is lifted, 1 task was waiting'),
    });
    expect(await cli.ended).toMatchObject({ code: 0 });
    expect(await first.agentStarts()).toEqual([1, 1]);

    await second.run(['run', '--sprint', 'S', '--detach']);
    await until('it sleeps', () => waiting(second));
    expect(await second.run(['run', '--sprint', 'S', '--resume'])).toMatchObject({ code: 0 });
    expect(await second.agentStarts()).toEqual([1, 1]);
  }, 60_000);
});

/** What Temporal's Web UI shows on top of a run. */
async function detailsOf(runId: string): Promise<string> {
  const { address } = await keeperOf(world);
  const connection = await Connection.connect({ address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(runId);
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails;
  } finally {
    await connection.close();
  }
}
