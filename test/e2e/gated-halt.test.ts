import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** A run in the background, whose agent of this role has started. */
async function runningIn(role: string, script: Script): Promise<GatedRepository> {
  const repository = await makeGated(world, script);
  expect(await repository.run(['run', '1', '--gated', '--detach'])).toMatchObject({ code: 0 });
  await repository.called(role);
  return repository;
}

describe('a gated run that is halted', () => {
  test('C116: finishes its phase, commits nothing where nothing is pending, and makes an incomplete draft', async () => {
    const repository = await runningIn('implementer', { implementer: [{ gate: 'go' }] });
    const halt = repository.start(['halt', repository.gated, '--reason', 'lunch']);
    await until('the halt is on its way', async () => (await repository.status()).halting === 'lunch');
    expect((await repository.run(['status', repository.gated])).stdout).toContain(
      'halts as soon as what runs lets go: lunch',
    );
    await repository.openGate('go');
    expect(await halt.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('locus resume') });
    const { run } = await repository.inState('HALTED');
    expect(run.halt).toEqual({ reason: 'lunch', timestamp: expect.any(String) });
    expect(await repository.order()).toEqual(['implementer 1']);
    expect(await repository.gitRemote('log', '--format=%s', 'main..feature/issue-1')).toBe('feat: Add a cart (#1)');
    const [pull, ...more] = repository.github.state().pulls;
    expect(more).toEqual([]);
    expect(pull).toMatchObject({ draft: true, title: '[INCOMPLETE] Run Mode: issue-1' });
    for (const text of ['HALTED', run.run_id, 'issue-1', 'lunch', 'locus resume']) expect(pull?.body).toContain(text);

    expect(await repository.run(['halt', repository.gated, '--reason', 'again'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('halted already'),
    });
    expect((await repository.status()).run.halt?.reason).toBe('lunch');

    expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
    expect((await repository.inState('JACKED_OUT')).run).not.toHaveProperty('halt');
    // The phase that was recorded is entered again.
    expect(await repository.order()).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
    expect(repository.github.state().pulls).toMatchObject([{ title: 'Run Mode: issue-1 implementation', draft: true }]);
    expect(await repository.run(['halt', repository.gated])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ended'),
    });
    expect(await repository.run(['resume', repository.gated])).toMatchObject({
      stderr: expect.stringContaining('ended'),
    });
  }, 90_000);

  test('C116: --force cuts the phase; the WIP commit names reason, run id, target, cycle and phase, and is gone on from', async () => {
    const repository = await runningIn('implementer', {
      implementer: [{ write: { 'half.txt': 'half\n' }, gate: 'never' }, {}],
    });
    await until('it has written', () => repository.written('half.txt'));
    expect(await repository.run(['halt', repository.gated, '--force', '--reason', 'too slow'])).toMatchObject({
      code: 0,
    });
    const { run } = await repository.inState('HALTED');
    const message = await repository.gitRemote('log', '-1', '--format=%B', 'feature/issue-1');
    for (const text of [
      'wip(issue-1): too slow',
      `Run: ${run.run_id}`,
      'Target: issue-1',
      'Cycle: 1',
      'Phase: IMPLEMENT',
    ])
      expect(message).toContain(text);
    expect(await repository.gitRemote('show', 'feature/issue-1:half.txt')).toBe('half');
    expect(repository.github.state().pulls).toMatchObject([{ title: '[INCOMPLETE] Run Mode: issue-1' }]);
    expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
    await repository.inState('JACKED_OUT');
    expect(await repository.order()).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
    expect(await repository.gitRemote('ls-tree', '--name-only', 'feature/issue-1')).toContain('half.txt');
  }, 90_000);

  test('C118: one that runs is not halted', async () => {
    const repository = await runningIn('implementer', { implementer: [{ gate: 'go' }] });
    expect(await repository.run(['resume', repository.gated])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not halted: it is RUNNING'),
    });
    await repository.openGate('go');
    await repository.inState('JACKED_OUT');
  }, 60_000);

  test('C118: another branch, or one that moved on the remote, is refused; --force goes on', async () => {
    const repository = await runningIn('implementer', {
      implementer: [{ gate: 'go' }],
      reviewer: [{ gate: 'never' }, {}],
    });
    await repository.openGate('go');
    await repository.called('reviewer');
    await repository.run(['halt', repository.gated, '--force']);
    await repository.inState('HALTED');
    expect(await repository.run(['resume', repository.gated, '--branch', 'feature/other'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/feature\/issue-1.*feature\/other/),
    });
    // Somebody else pushes to it.
    await repository.git('fetch', '-q', 'origin');
    const tree = await repository.git('rev-parse', 'origin/feature/issue-1^{tree}');
    const theirs = await repository.git('commit-tree', tree, '-p', 'origin/feature/issue-1', '-m', 'theirs');
    await repository.git('push', '-q', 'origin', `${theirs}:refs/heads/feature/issue-1`);
    expect(await repository.run(['resume', repository.gated])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/remote branch feature\/issue-1 is ahead.*--force/),
    });
    expect((await repository.status()).run.state).toBe('HALTED');
    expect(await repository.run(['resume', repository.gated, '--force'])).toMatchObject({ code: 0 });
  }, 90_000);

  test('C119: --reset-breaker begins to count anew, and keeps what has tripped', async () => {
    const repository = await makeGated(world, {
      reviewer: [{ findings: ['x'] }, { findings: ['x'] }, { findings: ['x'] }, { gate: 'go' }],
    });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    const before = await repository.status();
    expect(await repository.run(['resume', repository.gated, '--reset-ice'])).toMatchObject({ code: 0 });
    await repository.called('reviewer', 4);
    const { circuit_breaker: breaker, run } = await repository.status();
    expect(breaker).toMatchObject({
      state: 'CLOSED',
      triggers: { same_issue: { count: 0, last_hash: null }, no_progress: { count: 0 } },
      history: [{ trigger: 'same_issue' }],
    });
    expect(Date.parse(breaker.triggers.timeout.started)).toBeGreaterThan(
      Date.parse(before.circuit_breaker.triggers.timeout.started),
    );
    expect(breaker.triggers.cycle_count.current).toBeLessThanOrEqual(1);
    expect(run).not.toHaveProperty('halt');
    await repository.openGate('go');
    await repository.inState('JACKED_OUT');
  }, 90_000);

  test.each(['--probe', '--force'])(
    '%s on an open breaker: exactly one cycle; approved closes it, a finding opens it',
    async (flag) => {
      const repository = await makeGated(world, { reviewer: [{ findings: ['x'] }] });
      expect(await repository.run(['run', '1', '--gated', '--max-cycles', '1'])).toMatchObject({ code: 3 });
      expect(await repository.run(['resume', repository.gated, flag])).toMatchObject({ code: 0 });
      await until('it has probed', async () => (await repository.order()).length === 4, 30);
      await repository.inState('HALTED');
      expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'implementer 2', 'reviewer 2']);
      expect((await repository.status()).circuit_breaker.state).toBe('OPEN');
      await repository.play({});
      expect(await repository.run(['resume', repository.gated, flag])).toMatchObject({ code: 0 });
      expect((await repository.inState('JACKED_OUT')).circuit_breaker.state).toBe('CLOSED');
      expect((await repository.order()).slice(4)).toEqual(['implementer 3', 'reviewer 3', 'auditor 3']);
    },
    90_000,
  );

  test('C121: halted in REVIEW, the first call after a resume is the review', async () => {
    const repository = await runningIn('reviewer', { reviewer: [{ gate: 'never' }, {}] });
    await repository.run(['halt', repository.gated, '--force']);
    expect((await repository.inState('HALTED')).run.phase).toBe('REVIEW');
    expect(await repository.run(['run', '--gated', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
  }, 60_000);

  test('Ctrl+C on an attached run cuts the phase, keeps what was made, and says how to go on', async () => {
    const repository = await makeGated(world, {
      implementer: [{ write: { 'half.txt': 'half\n' }, gate: 'never' }, {}],
    });
    const run = repository.start(['run', '1', '--gated']);
    await repository.called('implementer');
    await until('the run is shown', () => run.stdout().includes('IMPLEMENT'));
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130, stdout: expect.stringContaining('locus') });
    await repository.inState('HALTED');
    expect(await repository.run(['run', '--gated', '--resume'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  }, 60_000);
});

describe('without a run', () => {
  test('C112, C115: status says that there is none, halt and resume refuse', async () => {
    const own = await openWorld();
    try {
      const repository = await makeGated(own, {});
      expect(await repository.run(['status'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('no run in progress'),
      });
      const { stdout } = await repository.run(['status', '--json']);
      expect(JSON.parse(stdout)).toEqual({ status: 'no_run_in_progress' });
      expect(await repository.run(['halt'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('no run is in progress'),
      });
      expect(await repository.run(['resume'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('no run is in progress'),
      });
      expect(await repository.run(['run', '--gated', '--resume'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no gated run'),
      });
    } finally {
      await own.end();
    }
  }, 60_000);
});
