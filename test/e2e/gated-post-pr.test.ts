import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PostPrState } from '../../src/domain/gated/post-pr-state.ts';
import { keeperOf, kill } from '../faults-support/keeper.ts';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.locus(['up'], { cwd: world.folder });
});

afterAll(() => world.end(), 60_000);

const title = 'Run Mode: issue-1 implementation';
const makefile = (test: string, build = '@echo built') => `build:\n\t${build}\ntest:\n\t${test}\n`;

async function validating(
  script: Script,
  { post_pr = {}, files = {}, ...config }: Record<string, Record<string, unknown>> = {},
): Promise<GatedRepository> {
  return makeGated(world, script, {
    config: { ...config, post_pr: { enabled: true, ...post_pr } },
    files: { Makefile: makefile('@echo tested'), ...(files as Record<string, string>) },
  });
}

async function postPrOf(repository: GatedRepository): Promise<PostPrState> {
  const { post_pr } = (await repository.status()) as unknown as { readonly post_pr: PostPrState };
  return post_pr;
}

async function auditTrail(repository: GatedRepository): Promise<{ readonly type: string; readonly text?: string }[]> {
  const { run_id } = (await repository.status()).run;
  const file = path.join(world.stateDir, 'runs', run_id, 'audit.jsonl');
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const subjects = async (repository: GatedRepository) =>
  (await repository.commits('feature/issue-1')).map(({ subject }) => subject);

/** One draft, with that title, whose body says this. */
function expectDraft(repository: GatedRepository, ...texts: readonly string[]): void {
  const { pulls } = repository.github.state();
  expect(pulls).toMatchObject([{ title, draft: true }]);
  for (const text of texts) expect(pulls[0]?.body).toContain(text);
  expect(pulls[0]?.body?.match(/## Post-PR Validation/g)).toHaveLength(1);
}

describe('the draft of a gated run, validated', () => {
  test('C76 a clean one ends READY_FOR_HITL, audited and tested, still a draft', async () => {
    const repository = await validating({}, { files: { Makefile: makefile('@sleep 1') } });
    const { code, stdout } = await repository.run(['run', '1', '--gated']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('COMPLETE, E2E_TESTING')]);
    expect((await repository.status()).run).toMatchObject({ state: 'READY_FOR_HITL', cycles: { current: 1 } });
    expect(await postPrOf(repository)).toMatchObject({
      state: 'READY_FOR_HITL',
      exit: 0,
      markers: ['PR-AUDITED', 'PR-E2E-PASSED'],
      phases: {
        post_pr_audit: 'completed',
        context_clear: 'completed',
        e2e_testing: 'completed',
        cross_model_review: 'skipped',
        pr_review: 'skipped',
      },
      tests: [
        { command: 'make build', exit_code: 0 },
        { command: 'make test', exit_code: 0 },
      ],
    });
    expectDraft(repository, '<!-- PR-AUDITED PR-E2E-PASSED -->', '| `make test` | 0 |', 'State: READY_FOR_HITL');
    expect((await auditTrail(repository)).filter(({ type }) => type === 'context_clear')).toHaveLength(1);
    expect(await repository.worktrees()).toEqual([]);
  }, 60_000);

  test('C77 a password halts it before the tests; a person mends it on the branch, and a resume goes on', async () => {
    const repository = await validating({ implementer: [{ write: { 'a.ts': 'const password = "hunter22";\n' } }] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    const { run } = await repository.inState('HALTED');
    expect(run.halt?.reason).toBe('audit_escalated: hardcoded-secret in a.ts:1');
    expect(await postPrOf(repository)).toMatchObject({ exit: 3, phases: { e2e_testing: 'pending' } });
    expectDraft(repository, 'State: HALTED, audit_escalated: hardcoded-secret in a.ts:1', '`locus resume`');
    expect((await repository.run(['status', repository.gated])).stdout).toMatch(/post_pr_audit: +failed/);

    await repository.git('switch', '-q', 'feature/issue-1');
    await repository.git('rm', '-q', 'a.ts');
    await repository.git('commit', '-q', '-m', 'fix: no password');
    await repository.git('switch', '-q', 'mine');
    expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
    await repository.inState('READY_FOR_HITL');
    expect(await subjects(repository)).toEqual(['feat: Add a cart (#1)', 'fix: no password']);
    // What a person brings to the branch goes through the gates.
    expect((await repository.order()).slice(3)).toEqual(['reviewer 1', 'auditor 1']);
    expectDraft(repository, 'State: READY_FOR_HITL');
  }, 90_000);

  test('C79 what the audit finds is mended by a fix step, pushed and looked at again', async () => {
    const repository = await validating({
      implementer: [{ write: { 'b.js': 'console.log(1);\n' } }, { write: { 'b.js': 'export {};\n' } }],
    });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1', 'implementer 2']);
    expect((await repository.calls())[3]?.prompt).toContain('[low] b.js:1 quality/console-log');
    expect(await subjects(repository)).toEqual([
      'feat: Add a cart (#1)',
      'fix: mend what the audit of issue-1 found (#1)',
    ]);
  }, 60_000);

  test('C80 a failing build halts, and nothing is tested', async () => {
    const repository = await validating(
      { implementer: [{ write: { broken: '' } }] },
      { files: { Makefile: makefile('@echo tested', '@test ! -e broken') } },
    );
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.inState('HALTED')).run.halt?.reason).toContain('build_failed: `make build` ended');
    expect(await postPrOf(repository)).toMatchObject({ exit: 3, tests: [{ command: 'make build', exit_code: 2 }] });
    expectDraft(repository, '| post_pr_audit | completed |', '| e2e_testing | failed |');
  }, 60_000);

  test('tests that fail are mended in a fresh session, which is shown what they printed', async () => {
    const repository = await validating(
      { implementer: [{ write: { flaw: '' } }, { remove: ['flaw'] }] },
      { files: { Makefile: makefile('@echo run > left.txt; test ! -e flaw || (echo "not ok 1 - no flaw"; false)') } },
    );
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    const { prompt = '' } = (await repository.calls())[3] ?? {};
    expect(prompt).toContain('make test');
    expect(prompt).toContain('not ok 1 - no flaw');
    expect(await subjects(repository)).toEqual(['feat: Add a cart (#1)', 'fix: mend the tests of issue-1 (#1)']);
    // What a test leaves is nobody's work.
    expect(await repository.gitRemote('ls-tree', '--name-only', 'feature/issue-1')).not.toContain('left.txt');
  }, 60_000);

  test('C85 a command that may not be run is refused with words, and runs nothing', async () => {
    const repository = await validating({}, { post_pr: { test_command: 'rm -rf /' } });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.inState('HALTED')).run.halt?.reason).toMatch(/^e2e_error: the command "rm -rf \/"/);
    expect(await postPrOf(repository)).toMatchObject({ exit: 3, tests: [] });
  }, 60_000);
});

describe('C82 a worker that is killed during a validation changes nothing in what comes of it', () => {
  async function killWorker(): Promise<void> {
    const { worker } = await keeperOf(world);
    kill(worker?.pid);
    await until('another worker is there', async () => {
      const now = (await keeperOf(world)).worker;
      return now && now.pid !== worker?.pid;
    });
  }

  test('while a fix step of the audit works, and while the tests run', async () => {
    const repository = await validating(
      { implementer: [{ write: { 'b.js': 'console.log(1);\n' } }, { write: { 'b.js': '1;\n' }, gate: 'go' }] },
      { files: { Makefile: makefile(`@echo run >> ../../../runs.log; sleep 4`) } },
    );
    await repository.run(['run', '1', '--gated', '--detach']);
    await repository.called('implementer', 2);
    expect((await postPrOf(repository)).state).toBe('FIX_AUDIT');
    await killWorker();
    await repository.openGate('go');
    await until('the tests run', async () => (await postPrOf(repository))?.state === 'E2E_TESTING', 40);
    await killWorker();
    await repository.inState('READY_FOR_HITL');
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1', 'implementer 2']);
    expect(await subjects(repository)).toHaveLength(2);
    const trail = await auditTrail(repository);
    expect(trail.filter(({ type }) => type === 'context_clear')).toHaveLength(1);
    expectDraft(repository, '<!-- PR-AUDITED PR-E2E-PASSED -->');
  }, 120_000);
});
