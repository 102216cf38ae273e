import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { labelsOf } from './support/github.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const prompted = { config: { run_mode: { git: { auto_push: 'prompt' } } } };

async function expectNothingLeft(repository: GatedRepository): Promise<void> {
  expect(await repository.remoteBranches()).toEqual(['main']);
  const { pulls, issues } = repository.github.state();
  expect(pulls).toEqual([]);
  const { state } = (await repository.status()).run;
  // Its issue says that somebody works on it for as long as that is so.
  expect(issues.map(labelsOf)).toEqual([state === 'JACKED_OUT' ? [] : ['locus:in-progress']]);
}

async function subjects(repository: GatedRepository): Promise<string[]> {
  return (await repository.git('log', '--format=%s', 'main..feature/issue-1')).split('\n');
}

/** A run in the background that has asked whether to push. */
async function asking(repository: GatedRepository): Promise<void> {
  expect(await repository.run(['run', '1', '--gated', '--detach'])).toMatchObject({ code: 0 });
  await until('it asks', async () => (await repository.status()).question, 30);
}

describe('what leaves this machine', () => {
  test('C46, C47: --local outweighs --confirm-push, which is said once: no push, no pull request, a hint', async () => {
    const repository = await makeGated(world, {});
    const { code, stdout, stderr } = await repository.run(['run', '1', '--gated', '--local', '--confirm-push']);
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`.match(/--confirm-push/g)).toHaveLength(1);
    expect(stdout).toContain('git push -u origin feature/issue-1');
    await expectNothingLeft(repository);
    expect(await subjects(repository)).toEqual(['feat: Add a cart (#1)']);
    expect(await repository.status()).toMatchObject({
      run: {
        state: 'JACKED_OUT',
        completion: { pushed: false, pr_created: false, pr_url: null, skipped_reason: 'local_mode' },
      },
    });
  }, 60_000);

  test('C46, C47: auto_push false is LOCAL as well, in a halt too', async () => {
    const repository = await makeGated(
      world,
      { reviewer: [{ findings: ['x'] }] },
      { config: { run_mode: { git: { auto_push: false } } } },
    );
    expect(await repository.run(['run', '1', '--gated', '--max-cycles', '1'])).toMatchObject({ code: 3 });
    await expectNothingLeft(repository);
    expect(await repository.status()).toMatchObject({ run: { state: 'HALTED', options: { push_mode: 'LOCAL' } } });
  }, 60_000);

  test('C49: asked in PROMPT mode; push goes on as AUTO does', async () => {
    const repository = await makeGated(world, {}, prompted);
    const run = repository.start(['run', '1', '--gated']);
    await until('it asks', () => run.stdout().includes('locus answer push'), 30);
    for (const text of ['Branch: feature/issue-1', 'Commits: 1', 'Files changed: 1'])
      expect(run.stdout()).toContain(text);
    await expectNothingLeft(repository);
    expect(await repository.run(['answer', repository.gated, 'push'])).toMatchObject({ code: 0 });
    expect(await run.ended).toMatchObject({ code: 0 });
    const [pull, ...more] = repository.github.state().pulls;
    expect(more).toEqual([]);
    expect(pull).toMatchObject({ draft: true, title: 'Run Mode: issue-1 implementation' });
    expect((await repository.status()).run).toMatchObject({
      state: 'JACKED_OUT',
      completion: { pushed: true, pr_created: true, skipped_reason: null },
    });
  }, 60_000);

  test('C49: keep leaves it here; a wrong answer is refused, and so is one that nobody has asked for', async () => {
    const repository = await makeGated(world, { implementer: [{ gate: 'go' }] }, prompted);
    const run = repository.start(['run', '1', '--gated']);
    await repository.called('implementer');
    expect(await repository.run(['answer', repository.gated, 'push'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('asks nothing'),
    });
    await repository.openGate('go');
    await until('it asks', () => run.stdout().includes('locus answer keep'), 30);
    expect(await repository.run(['answer', repository.gated, 'perhaps'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the answer is push or keep, not perhaps'),
    });
    expect((await repository.status()).question).toMatchObject({ answers: ['push', 'keep'] });
    expect(await repository.run(['answer', repository.gated, ' Keep '])).toMatchObject({ code: 0 });
    expect(await run.ended).toMatchObject({ code: 0 });
    await expectNothingLeft(repository);
    expect((await repository.status()).run).toMatchObject({
      state: 'JACKED_OUT',
      completion: { pushed: false, pr_created: false, pr_url: null, skipped_reason: 'user_declined' },
    });
  }, 60_000);

  test('C49: halted while it asks, gently or by force, it asks again once it is resumed', async () => {
    const repository = await makeGated(world, {}, prompted);
    await asking(repository);
    for (const force of [[], ['--force']]) {
      expect(await repository.run(['halt', repository.gated, ...force])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('is halted'),
      });
      await repository.inState('HALTED');
      expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
      await repository.inState('COMPLETE');
      await until('it asks', async () => (await repository.status()).question);
    }
    await expectNothingLeft(repository);
    expect(await repository.run(['answer', repository.gated, 'push'])).toMatchObject({ code: 0 });
    await repository.inState('JACKED_OUT');
    expect(repository.github.state().pulls).toHaveLength(1);
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
  }, 90_000);

  test('C49: a halted run asks too, shows at once that it is halted, and may be resumed instead of answered', async () => {
    const repository = await makeGated(world, { reviewer: [{ findings: ['x'] }, {}] }, prompted);
    const began = Date.now();
    expect(await repository.run(['run', '1', '--gated', '--max-cycles', '1'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('locus answer push'),
    });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(await repository.run(['resume', repository.gated, '--reset-breaker'])).toMatchObject({ code: 0 });
    await repository.inState('COMPLETE');
    expect(await repository.run(['answer', repository.gated, 'keep'])).toMatchObject({ code: 0 });
    await repository.inState('JACKED_OUT');
    await expectNothingLeft(repository);
  }, 90_000);

  test('A7: without agent.autoPR the branch is pushed, and no pull request is opened', async () => {
    const repository = await makeGated(world, {}, { config: { agent: { autoPR: false } } });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.remoteBranches()).toEqual(['feature/issue-1', 'main']);
    expect(repository.github.state().pulls).toEqual([]);
    expect((await repository.status()).run.completion).toEqual({
      pushed: true,
      pr_created: false,
      pr_url: null,
      skipped_reason: 'auto_pr_off',
    });
  }, 60_000);

  test('C32: a trip with uncommitted work: committed, pushed, one incomplete draft that says how to go on', async () => {
    const repository = await makeGated(world, { implementer: [{ write: { 'half.txt': 'half\n' }, exit: 1 }] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect(await repository.gitRemote('show', 'feature/issue-1:half.txt')).toBe('half');
    const [pull, ...more] = repository.github.state().pulls;
    expect(more).toEqual([]);
    expect(pull).toMatchObject({ draft: true, title: '[INCOMPLETE] Run Mode: issue-1' });
    expect(pull?.body).toContain('locus resume');
    expect(pull?.body).toContain('agent_failed');
    expect(pull?.body).toContain((await repository.status()).run.run_id);
    expect(await readFile(path.join(repository.root, 'README.md'), 'utf8')).toBe('# Shop\n');
  }, 60_000);
});
