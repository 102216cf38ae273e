import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const three = `# Plan

## Sprint 1: The cart

- a page

## Sprint 10: The end

- an end

## Sprint 2: The checkout

- pay
`;
const files = { 'docs/sprint-plan.md': three };

describe('`locus run sprint-plan`', () => {
  test('C53, C58, C61: all sprints in their order on one branch, and one consolidated draft at the end', async () => {
    const repository = await makeGated(world, {}, { files });
    const { code, stdout } = await repository.run(['run', 'sprint-plan']);
    expect(code).toBe(0);
    expect(stdout).toContain('sprint-10: JACKED_OUT');
    const { pulls } = repository.github.state();
    expect(pulls).toHaveLength(1);
    expect(pulls[0]).toMatchObject({ title: 'Run Mode: Sprint Plan implementation', draft: true });
    const branch: string = pulls[0]?.head.ref ?? '';
    expect(branch).toMatch(/^feature\/sprint-plan-\d{8}$/);
    expect((await repository.commits(branch)).map(({ subject }) => subject)).toEqual([
      'feat(sprint-1): The cart',
      'feat(sprint-2): The checkout',
      'feat(sprint-10): The end',
    ]);
    const body: string = pulls[0]?.body ?? '';
    const headings = body.split('\n').filter((line) => /^##? /.test(line));
    expect(headings).toEqual([
      '# Run Mode: Sprint Plan implementation',
      '## Summary',
      '## Sprint Breakdown',
      '## Commits by Sprint',
      '## Cross-model Review Summary',
      '## Test Results',
      '## Left Behind',
    ]);
    const ofFirst = /### sprint-1\n([\s\S]*?)### sprint-2/.exec(body)?.[1];
    expect(ofFirst).toContain('The cart');
    expect(ofFirst).not.toContain('The end');
    expect(body).toContain('| sprint-10 | completed | 1 | 1 |');
  }, 90_000);

  test('C55: --from and --to choose; --from after --to, and what selects nothing, are refused', async () => {
    const repository = await makeGated(world, {}, { files });
    const wrong = await repository.run(['run', 'sprint-plan', '--from', '3', '--to', '2']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--from') });
    expect((await repository.run(['run', 'sprint-plan', '--from', '3', '--to', '5'])).code).toBe(2);
    expect(await repository.calls()).toEqual([]);
    expect((await repository.run(['run', 'sprint-plan', '--from', '2', '--to', '9'])).code).toBe(0);
    expect((await repository.calls()).map(({ role }) => role)).toEqual(['implementer', 'reviewer', 'auditor']);
    expect((await repository.calls())[0]?.prompt).toContain('The checkout');
  }, 60_000);

  test('C59: with --no-consolidate each sprint has a draft of its own', async () => {
    const repository = await makeGated(world, {}, { files });
    expect((await repository.run(['run', 'sprint-plan', '--no-consolidate'])).code).toBe(0);
    const titles = repository.github
      .state()
      .pulls.map(({ title, draft }: { title: string; draft: boolean }) => [title, draft]);
    expect(titles).toEqual([
      ['Run Mode: sprint-1 implementation', true],
      ['Run Mode: sprint-2 implementation', true],
      ['Run Mode: sprint-10 implementation', true],
    ]);
  }, 90_000);

  test('C56: a milestone whose issues are all closed counts as completed, and no agent is called for it', async () => {
    const repository = await makeGated(world, {}, { files: { 'docs/sprint-plan.md': '# No sprints\n' } });
    const closed = { milestone: 'Sprint 1', state: 'closed' } as const;
    repository.github.seed({
      milestones: ['Sprint 1'],
      issues: [
        { title: 'Cart', ...closed },
        { title: 'Pay', milestone: 'Sprint 2' },
      ],
    });
    const { code, stdout } = await repository.run(['run', 'sprint-plan']);
    expect(code).toBe(0);
    expect(stdout).toContain('sprint-1: no open issues: it counts as completed');
    expect((await repository.calls()).map(({ role }) => role)).toEqual(['implementer', 'reviewer', 'auditor']);
    const body: string = repository.github.state().pulls[0]?.body ?? '';
    expect(body).toContain('| sprint-1 | completed | - | - |');
    expect(body).toContain('| sprint-2 | completed | 1 | 1 |');
    repository.github.seed({ issues: [{ title: 'Old', milestone: 'Sprint 7', state: 'closed' }] });
    const none = await repository.run(['run', 'sprint-plan', '--from', '7']);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no open issues in sprint-7') });
  }, 90_000);

  test('C62: without any sprint it is refused, and nothing is made', async () => {
    const repository = await makeGated(
      world,
      {},
      { files: { 'docs/sprint-plan.md': '# Plan\n\n### Sprint 1: too deep\n' } },
    );
    const { code, stderr } = await repository.run(['run', 'sprint-plan']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there are no sprints to run') });
    expect(await repository.remoteBranches()).toEqual(['main']);
  }, 60_000);

  test('a halted sprint stops the plan with an incomplete draft; a resume goes on with it, and with those after it', async () => {
    const findings = { findings: ['secret'] };
    const repository = await makeGated(world, { reviewer: [{}, findings] }, { files });
    expect((await repository.run(['run', 'sprint-plan'])).code).toBe(3);
    const status = await repository.status();
    expect(status).toMatchObject({
      status: 'halted',
      plan: { state: 'HALTED', sprints: { total: 3, completed: 1 }, failure: { sprint: 'sprint-2' } },
      circuit_breaker: { state: 'OPEN' },
    });
    const [pull] = repository.github.state().pulls;
    expect(pull).toMatchObject({ title: '[INCOMPLETE] Run Mode: Sprint Plan', draft: true });
    expect(pull?.body).toMatch(
      /## Completed Sprints\n+- sprint-1\n+## Remaining Sprints\n+- sprint-2 \(in progress\)\n- sprint-10/,
    );

    expect((await repository.run(['resume', 'gated'])).code).toBe(1);
    await repository.play({});
    expect((await repository.run(['resume', 'gated', '--reset-breaker'])).code).toBe(0);
    const titles = () => repository.github.state().pulls.map(({ title }: { title: string }) => title);
    await until('the plan is done', async () => titles().includes('Run Mode: Sprint Plan implementation'));
    expect(titles()).toHaveLength(1);
    const implementers = (await repository.calls()).filter(({ role }) => role === 'implementer');
    expect(implementers.filter(({ prompt }) => prompt.includes('Task: sprint-1\n'))).toHaveLength(1);
  }, 120_000);

  test('with --no-consolidate the draft that a halt has left is told what became of the plan, and not doubled', async () => {
    const repository = await makeGated(world, { reviewer: [{}, { findings: ['secret'] }] });
    const args = ['run', 'sprint-plan', '--no-consolidate', '--branch', 'feature/plan'];
    expect((await repository.run(args)).code).toBe(3);
    const pulls = () => repository.github.state().pulls;
    const titles = () => pulls().map(({ title }: { title: string }) => title);
    expect(titles()).toEqual(['Run Mode: sprint-1 implementation', '[INCOMPLETE] Run Mode: Sprint Plan']);
    await repository.play({});
    expect((await repository.run(['resume', 'gated', '--reset-breaker'])).code).toBe(0);
    await until('the plan is done', async () => (await repository.status()).plan.state === 'JACKED_OUT');
    expect(titles()).toEqual(['sprint-1', 'Sprint Plan', 'sprint-2'].map((what) => `Run Mode: ${what} implementation`));
    for (const pull of pulls()) expect(pull).toMatchObject({ draft: true, state: 'open' });
    const [, plan, last] = pulls();
    expect(plan?.body).toContain('each sprint has a draft of its own');
    expect(plan?.body).not.toContain('HALTED');
    expect(plan?.body).toContain('| sprint-2 | completed |');
    expect(plan?.head.sha).toBe(last?.head.sha);
  }, 120_000);

  test('the body of a plan tells what other models have said, and what lies beside its branch', async () => {
    const config = { dissent: { enabled: true }, roles: { auditor: { model: 'other' } } };
    const repository = await makeGated(world, {}, { config });
    const made = await repository.git('commit-tree', '-p', 'HEAD', '-m', 'unfinished', 'HEAD^{tree}');
    const ref = (of: string, n: number) => `refs/locus/${of}/feature+plan/${n}`;
    await repository.git('update-ref', ref('wip', 9), made.trim());
    await repository.git('update-ref', ref('aside', 8), made.trim());
    await repository.git('update-ref', ref('wip', 7), 'main');
    expect((await repository.run(['run', 'sprint-plan', '--branch', 'feature/plan'])).code).toBe(0);
    const body: string = repository.github.state().pulls[0]?.body ?? '';
    for (const sprint of ['sprint-1', 'sprint-2'])
      expect(body).toContain(`| ${sprint} | command other | approved | - | - | - | - |`);
    const left = /## Left Behind\n\n([\s\S]*?)\n\n---/.exec(body)?.[1];
    expect(left).toBe([ref('aside', 8), ref('wip', 9)].map((name) => `- Unfinished work: \`${name}\``).join('\n'));
  }, 90_000);

  test('C56: what a plan that was ended has completed is not done again', async () => {
    const repository = await makeGated(world, { implementer: [{}, { exit: 1 }] }, { files });
    expect((await repository.run(['run', 'sprint-plan'])).code).toBe(3);
    await repository.play({});
    expect((await repository.run(['run', 'sprint-plan', '--fresh'])).code).toBe(0);
    const first = (await repository.calls()).filter(
      ({ role, prompt }) => role === 'implementer' && prompt.includes('Task: sprint-1\n'),
    );
    expect(first).toHaveLength(1);
    expect((await repository.status()).plan).toMatchObject({ sprints: { total: 3, completed: 3 } });
  }, 120_000);
});
