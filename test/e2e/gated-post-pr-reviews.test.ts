import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PostPrState } from '../../src/domain/gated/post-pr-state.ts';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.locus(['up'], { cwd: world.folder });
});

afterAll(() => world.end(), 60_000);

const Makefile = 'build:\n\t@echo built\ntest:\n\t@echo tested\n';
const said = (...findings: readonly object[]) => ({ text: JSON.stringify({ findings }) });

async function validating(
  script: Script,
  post_pr: Readonly<Record<string, unknown>>,
  roles: Readonly<Record<string, unknown>> = {},
): Promise<GatedRepository> {
  const config = { post_pr: { enabled: true, ...post_pr }, roles };
  return makeGated(world, script, { config, files: { Makefile } });
}

async function postPrOf(repository: GatedRepository): Promise<PostPrState> {
  const { post_pr } = (await repository.status()) as unknown as { readonly post_pr: PostPrState };
  return post_pr;
}

describe('the reviews of a draft', () => {
  test('C86 without a role of another model it halts: config_error', async () => {
    const repository = await validating({}, { cross_model: true });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    const { run } = await repository.inState('HALTED');
    expect(run.halt?.reason).toMatch(/^cross_model_config_error: /);
    expect(await postPrOf(repository)).toMatchObject({ exit: 4, markers: ['PR-AUDITED', 'PR-E2E-PASSED'] });
  }, 60_000);

  test('C86 a blocker of the second model halts an autonomous run', async () => {
    const first = said({ id: 'x', title: 'a detail', score: 100 });
    const second = said({ id: 'F1', title: 'a detail', score: 90 }, { id: 'M1', title: 'no lock', score: 950 });
    const roles = { auditor: { provider: 'command', model: 'another' } };
    const repository = await validating({ reviewer: [{}, first, second] }, { cross_model: true }, roles);
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.inState('HALTED')).run.halt?.reason).toContain('cross_model_blocker: 1 blockers');
    const [, , , , asked] = await repository.calls();
    expect(asked?.prompt).toContain('F1: a detail');
    expect(repository.github.state().pulls[0]?.body).toContain(
      'command another: blocker, 0 agreed, 0 disputed, 1 blockers',
    );
  }, 60_000);

  test('C88 a critical finding is a queued bug, in the status and in the draft; a praise is noted', async () => {
    const found = said(
      { severity: 'CRITICAL', title: 'say "no" $(touch x)', file: 'work-1.txt', reasoning: 'it loses carts' },
      { severity: 'PRAISE', title: 'short', file: 'work-1.txt', reasoning: 'easy to read' },
    );
    const repository = await validating({ reviewer: [{}, found, said()] }, { review: true });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    await repository.inState('READY_FOR_HITL');
    const command = `locus run --bug 'say "no" $(touch x)'`;
    expect(await postPrOf(repository)).toMatchObject({ exit: 0, bugs: [{ severity: 'CRITICAL', command }] });
    expect((await repository.run(['status', repository.gated])).stdout).toContain(`queued:             ${command}`);
    expect(repository.github.state().pulls[0]?.body).toContain(command);
    const { stdout } = await repository.run(['logs', repository.gated, '--audit']);
    expect(stdout).toContain('triage: dispatch_bug work-1.txt say "no"');
    expect(stdout).toContain('triage: note work-1.txt short');
  }, 60_000);

  test('C89 answers that cannot be read halt it; the critical one in them is queued all the same', async () => {
    const half = said({ severity: 'CRITICAL', title: 'x', file: 'a', reasoning: 'y' }, [null]);
    const repository = await validating({ reviewer: [{}, half] }, { review: true });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.inState('HALTED')).run.halt?.reason).toContain('pr_review_failed');
    expect(await postPrOf(repository)).toMatchObject({ exit: 3, bugs: [{ title: 'x' }] });
  }, 60_000);
});

test('a halt by force in a fix step keeps its work; a resume asks the gates, then validates anew', async () => {
  const nit = { write: { 'b.js': 'console.log(1);\n' } };
  const repository = await validating({ implementer: [nit, { write: { 'b.js': 'let b;\n' }, gate: 'never' }] }, {});
  expect(await repository.run(['run', '1', '--gated', '--detach'])).toMatchObject({ code: 0 });
  await repository.called('implementer', 2);
  expect(await repository.run(['halt', repository.gated, '--force', '--reason', 'lunch'])).toMatchObject({ code: 0 });
  expect((await repository.inState('HALTED')).run.halt?.reason).toBe('lunch');
  expect(await postPrOf(repository)).toMatchObject({ exit: 5, halt: { reason: 'user_interrupt' } });
  const { pulls } = repository.github.state();
  expect(pulls).toMatchObject([{ title: 'Run Mode: issue-1 implementation', draft: true }]);
  expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
  await repository.inState('READY_FOR_HITL');
  expect((await repository.commits('feature/issue-1')).map(({ subject }) => subject)).toEqual([
    'feat: Add a cart (#1)',
    'wip(issue-1): lunch',
  ]);
  expect((await repository.order()).slice(3)).toEqual(['implementer 2', 'reviewer 1', 'auditor 1']);
}, 90_000);

test('the one draft of a plan is validated', async () => {
  const repository = await validating({}, {});
  expect(await repository.run(['run', 'sprint-plan'])).toMatchObject({ code: 0 });
  expect((await repository.status()).plan.state).toBe('READY_FOR_HITL');
  expect(await postPrOf(repository)).toMatchObject({ exit: 0, markers: ['PR-AUDITED', 'PR-E2E-PASSED'] });
  const { pulls } = repository.github.state();
  expect(pulls).toMatchObject([{ title: 'Run Mode: Sprint Plan implementation', draft: true }]);
  expect(pulls[0]?.body).toContain('<!-- PR-AUDITED PR-E2E-PASSED -->');
  expect(await repository.worktrees()).toEqual([]);
}, 90_000);
