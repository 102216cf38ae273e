import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const approving = (gate: string, high = 0) =>
  `<!-- LOCUS-VERDICT ${JSON.stringify({ gate, verdict: 'APPROVED', counts: { critical: 0, high, medium: 0, low: 0 }, sprint_id: 'x', ts: '2026-01-01T00:00:00Z' })} -->`;

describe('a gate of a gated run', () => {
  test('prose instead of a verdict is asked for once more; a right answer then goes on', async () => {
    const repository = await makeGated(world, { reviewer: [{ text: 'It looks fine to me.' }, {}] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1', 'auditor 1']);
    expect((await repository.calls())[2]?.prompt).toContain('It looks fine to me.');
  }, 60_000);

  test.each([
    ['prose', 'It looks fine to me.'],
    ['C17: two verdicts', `All good\n\n${approving('review')}\n${approving('review')}`],
    ['C17: text after the verdict', `All good\n\n${approving('review')}\nReally.`],
    ["C19: the other gate's verdict", `All good\n\n${approving('audit')}`],
    ['C20: no verdict, but a heading', 'changes required\n\n## Critical Issues\n\n- all of it'],
    ['a verdict against its own counts', `All good\n\n${approving('review', 1)}`],
    ['findings that are counted, not told', `All good\n\n${approving('review', 0).replace('"low":0', '"low":1')}`],
    ['an approval that does not begin as one', `Fine\n\n${approving('review')}`],
    ['an approval with issues', `All good\n\n## Issues\n\n- one\n\n${approving('review')}`],
  ])(
    '%s, twice, is a gate error: never an approval, nor another cycle',
    async (_what, text) => {
      const repository = await makeGated(world, { reviewer: [{ text }] });
      expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
      expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'reviewer 1']);
      expect(await repository.status()).toMatchObject({
        run: { state: 'HALTED', phase: 'REVIEW', halt: { reason: expect.stringMatching(/^gate_error: /) } },
        circuit_breaker: { state: 'CLOSED' },
      });
      expect(repository.github.state().pulls).toMatchObject([{ title: '[INCOMPLETE] Run Mode: issue-1' }]);
    },
    60_000,
  );

  test.each(['reviewer', 'auditor'] as const)(
    'a %s that changes the workspace is a gate error; its change is undone',
    async (role) => {
      const repository = await makeGated(world, { [role]: [{ write: { 'planted.txt': 'x', 'README.md': 'mine' } }] });
      expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
      expect((await repository.status()).run.halt?.reason).toContain(`the ${role} has changed the workspace`);
      expect(await repository.gitRemote('ls-tree', '-r', '--name-only', 'feature/issue-1')).not.toContain(
        'planted.txt',
      );
      expect(await repository.gitRemote('show', 'feature/issue-1:README.md')).toBe('# Shop');
      await repository.play({});
      expect(await repository.run(['run', '--gated', '--resume'])).toMatchObject({ code: 0 });
      expect((await repository.order()).at(-1)).toBe('auditor 1');
      expect((await repository.calls()).filter((call) => call.role === 'implementer')).toHaveLength(1);
    },
    60_000,
  );

  test('also where it then fails: no other one is asked, which would approve', async () => {
    const repository = await makeGated(world, { reviewer: [{ write: { 'planted.txt': 'x' }, exit: 1 }, {}] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1']);
    expect((await repository.status()).run.halt?.reason).toMatch(/^gate_error: the reviewer has changed the workspace/);
  }, 60_000);

  test('also where it gives the second opinion', async () => {
    const roles = { auditor: { provider: 'command', model: 'another' } };
    const repository = await makeGated(
      world,
      { reviewer: [{}, { write: { 'planted.txt': 'x' } }] },
      { config: { dissent: { enabled: true }, roles } },
    );
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.status()).run).toMatchObject({
      phase: 'AUDIT',
      halt: { reason: expect.stringMatching(/^gate_error: the reviewer has changed the workspace/) },
    });
  }, 60_000);

  test('A5 its answer is all that it printed, however long', async () => {
    const text = `All good\n\n${'It is fine, line by line.\n'.repeat(10_000)}\n${approving('review')}`;
    const repository = await makeGated(world, { reviewer: [{ text }] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  }, 60_000);

  test('an auditor that gives no outcome is a gate error, and nothing is completed', async () => {
    const repository = await makeGated(world, { auditor: [{ exit: 1 }] }, { config: { agent: { maxAttempts: 1 } } });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.status()).run).toMatchObject({
      state: 'HALTED',
      phase: 'AUDIT',
      halt: { reason: expect.stringContaining('gate_error: the auditor failed') },
    });
  }, 60_000);

  test('what a gate leaves that fails, or is cut, is no work of the run: it is undone, never committed', async () => {
    const planted = { 'planted.txt': 'x' };
    const failing = await makeGated(
      world,
      { auditor: [{ write: planted, exit: 1 }] },
      { config: { agent: { maxAttempts: 1 } } },
    );
    expect(await failing.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    const cut = await makeGated(world, { reviewer: [{ write: planted, gate: 'never' }] });
    await cut.run(['run', '1', '--gated', '--detach']);
    await cut.called('reviewer');
    await until('it has written', async () =>
      (await readdir(path.join(cut.root, '.locus/worktrees'), { recursive: true })).some((file) =>
        /planted/.test(file),
      ),
    );
    await cut.run(['halt', cut.gated, '--force', '--reason', 'lunch']);
    const { run } = await cut.inState('HALTED');
    expect(run.halt?.reason).toBe('lunch');
    for (const { gitRemote } of [failing, cut]) {
      expect(await gitRemote('ls-tree', '--name-only', 'feature/issue-1')).not.toContain('planted.txt');
      expect(await gitRemote('log', '--format=%s', 'main..feature/issue-1')).toBe('feat: Add a cart (#1)');
    }
  }, 60_000);

  test('dissent: another model must have given a review of the right form, or the draft says that it did not', async () => {
    const roles = { auditor: { provider: 'command', model: 'another' } };
    const config = { dissent: { enabled: true }, roles };
    const agreed = await makeGated(world, {}, { config });
    expect(await agreed.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await agreed.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1', 'reviewer 1']);
    const { run_id } = (await agreed.status()).run;
    const kept = await readdir(path.join(world.stateDir, 'runs', run_id));
    expect(kept).toEqual(expect.arrayContaining(['review-1.md', 'dissent-1.md', 'dissent-1.prompt.md']));
    const missed = await makeGated(world, { reviewer: [{}, { text: 'no' }] }, { config });
    expect(await missed.run(['run', '1', '--gated'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('dissent did not run'),
    });
    expect(missed.github.state().pulls[0]?.body).toContain('dissent did not run');
    const alone = await makeGated(world, {}, { config: { dissent: { enabled: true } } });
    expect(await alone.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(alone.github.state().pulls[0]?.body).toContain('dissent did not run');
  }, 60_000);
});
