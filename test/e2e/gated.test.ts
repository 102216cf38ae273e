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

describe('a gated run', () => {
  test('C10: gates that approve at once: one cycle, one draft pull request', async () => {
    const repository = await makeGated(world, {});
    const { code, stdout, stderr } = await repository.run(['run', '1', '--gated']);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
    const { pulls, issues } = repository.github.state();
    expect(pulls).toHaveLength(1);
    expect(pulls[0]).toMatchObject({
      title: 'Run Mode: issue-1 implementation',
      draft: true,
      head: { ref: 'feature/issue-1' },
    });
    expect(pulls[0]?.body).toContain('Closes #1');
    expect(issues[0]?.labels.map(({ name }: { name: string }) => name)).toEqual(['locus:in-review']);
    expect(stdout).toContain('JACKED_OUT');
    expect(await repository.worktrees()).toEqual([]);
    const [{ run } = { run: '' }] = await repository.calls();
    expect(run).toMatch(/^run-\d{8}-[0-9a-f]{8}$/);
    const kept = await readdir(path.join(world.stateDir, 'runs', run));
    expect(kept).toEqual(expect.arrayContaining(['implementation-1.md', 'review-1.md', 'audit-1.md', 'audit.jsonl']));
    const audit = await repository.run(['logs', '--audit', 'gated']);
    expect(audit.stdout).toContain('implementer  hands implementation-1.md to reviewer');
    expect(audit.stdout).toContain('reviewer  hands review-1.md to auditor');
  }, 60_000);

  test('C11, C13, C22: the same finding three times trips the breaker; the audit is never called', async () => {
    const repository = await makeGated(world, { reviewer: [{ findings: ['secret'] }] });
    const { code } = await repository.run(['run', 'sprint-1', '--gated']);
    expect(code).toBe(3);
    expect((await repository.calls()).map(({ role }) => role)).toEqual(
      Array(3).fill(['implementer', 'reviewer']).flat(),
    );
    expect((await repository.calls())[2]?.prompt).toContain('about secret');
    const status = await repository.status();
    expect(status).toMatchObject({
      status: 'halted',
      run: { state: 'HALTED', target: 'sprint-1', cycles: { current: 3 } },
      circuit_breaker: { state: 'OPEN', history: [{ trigger: 'same_issue' }] },
    });
    const [pull] = repository.github.state().pulls;
    expect(pull).toMatchObject({ title: '[INCOMPLETE] Run Mode: sprint-1', draft: true });
    expect(pull?.body).toContain('locus resume --reset-breaker');

    expect(await repository.run(['resume', 'gated'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the circuit breaker is open'),
    });
    await repository.play({});
    expect((await repository.run(['resume', 'gated', '--reset-breaker'])).code).toBe(0);
    const titles = () => repository.github.state().pulls.map(({ title }: { title: string }) => title);
    await until('the draft is complete', async () => !titles().includes('[INCOMPLETE] Run Mode: sprint-1'));
    expect(titles()).toEqual(['Run Mode: sprint-1 implementation']);
  }, 90_000);
});
