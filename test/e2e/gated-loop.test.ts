import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Script, type Turn } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const idle: Turn = { idle: true };

/** Findings that are others in each turn. */
function everNew(turns: number): Turn[] {
  return Array.from({ length: turns }, (_, index) => ({ findings: [`rule-${index}`] }));
}

async function halted(script: Script, args: readonly string[] = []): Promise<GatedRepository> {
  const repository = await makeGated(world, script);
  expect(await repository.run(['run', '1', '--gated', ...args])).toMatchObject({ code: 3 });
  return repository;
}

function cycles(count: number, ...roles: string[]): string[] {
  return Array.from({ length: count }, (_, index) => roles.map((role) => `${role} ${index + 1}`)).flat();
}

describe('the loop of a gated run', () => {
  test('C7, C8, C113: what it begins with, as its status shows it', async () => {
    const repository = await makeGated(world, { implementer: [{ gate: 'go' }] });
    await repository.run(['run', '1', '--gated', '--detach']);
    await repository.called('implementer');
    const status = await repository.status();
    expect(status.run).toMatchObject({
      run_id: expect.stringMatching(/^run-\d{8}-[0-9a-f]{8}$/),
      target: 'issue-1',
      branch: 'feature/issue-1',
      state: 'RUNNING',
      phase: 'IMPLEMENT',
      mode: 'autonomous',
      cycles: { current: 1, limit: 20, history: [] },
      metrics: { files_changed: 0, files_deleted: 0, commits: 0, findings_fixed: 0 },
      completion: { pushed: false, pr_created: false, pr_url: null, skipped_reason: null },
    });
    expect(status.run).not.toHaveProperty('halt');
    expect(status.circuit_breaker).toMatchObject({
      state: 'CLOSED',
      triggers: {
        same_issue: { count: 0, threshold: 3, last_hash: null },
        no_progress: { count: 0, threshold: 5 },
        cycle_count: { limit: 20 },
        timeout: { limit_hours: 8 },
      },
      history: [],
    });
    const { runtime_seconds, timeout_remaining_seconds } = status.computed;
    expect(runtime_seconds).toBeLessThan(30);
    expect(runtime_seconds + timeout_remaining_seconds).toBeCloseTo(8 * 3600, -1);
    const { stdout } = await repository.run(['status', repository.gated]);
    for (const text of ['Run ID', 'RUNNING', 'issue-1', '1 / 20', 'IMPLEMENT', 'CLOSED', '0/3', '0/5', '1/20', '8h'])
      expect(stdout).toContain(text);
    await repository.openGate('go');
    await repository.inState('JACKED_OUT');
  }, 60_000);

  test('C8, C28: --max-cycles 2 --timeout 4 hold for run and breaker; two implementations, then cycle_limit', async () => {
    const repository = await halted({ reviewer: everNew(5) }, ['--max-cycles', '2', '--timeout', '4']);
    expect(await repository.order()).toEqual(cycles(2, 'implementer', 'reviewer'));
    expect(await repository.status()).toMatchObject({
      run: { options: { max_cycles: 2, timeout_hours: 4 }, cycles: { current: 2, limit: 2 } },
      circuit_breaker: {
        state: 'OPEN',
        triggers: { cycle_count: { current: 2, limit: 2 }, timeout: { limit_hours: 4 } },
        history: [{ trigger: 'cycle_limit' }],
      },
    });
  }, 60_000);

  test('C25: five cycles without a change, whatever is found, trip no_progress', async () => {
    const repository = await halted({ implementer: [idle], reviewer: everNew(9) });
    expect(await repository.order()).toEqual(cycles(5, 'implementer', 'reviewer'));
    expect((await repository.status()).circuit_breaker.history).toMatchObject([{ trigger: 'no_progress' }]);
  }, 60_000);

  test('C26: a change begins the count anew', async () => {
    const implementer = [idle, idle, idle, idle, {}, idle, idle, idle, idle, {}];
    const repository = await makeGated(world, { implementer, reviewer: [...everNew(9), {}] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect((await repository.status()).run.cycles.current).toBe(10);
  }, 90_000);

  test('C29: of two triggers in one cycle the recorded one is same_issue', async () => {
    const reviewer = [...everNew(2), { findings: ['x'] }];
    const repository = await halted({ implementer: [idle], reviewer });
    expect((await repository.order()).length).toBe(10);
    expect((await repository.status()).circuit_breaker).toMatchObject({
      triggers: { same_issue: { count: 3 }, no_progress: { count: 5 } },
      history: [{ trigger: 'same_issue' }],
    });
  }, 60_000);

  test('no_changes: gates that approve a branch equal to its base complete nothing', async () => {
    const repository = await halted({ implementer: [idle] });
    expect((await repository.status()).run.halt?.reason).toContain('no_changes');
    expect(repository.github.state().pulls).toEqual([]);
    expect(await repository.remoteBranches()).toEqual(['main']);
  }, 60_000);

  test('agent.maxAttempts: an agent that fails as often halts the run, and no gate is asked', async () => {
    const repository = await makeGated(
      world,
      { implementer: [{ exit: 1 }] },
      { config: { agent: { maxAttempts: 2 } } },
    );
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect(await repository.order()).toEqual(['implementer 1', 'implementer 1']);
    expect((await repository.status()).run.halt?.reason).toMatch(/^agent_failed: /);
  }, 60_000);

  test('C11: the next implementation is given what the audit found before what the review found', async () => {
    const repository = await makeGated(world, {
      reviewer: [{ findings: ['of-review'] }, {}],
      auditor: [{ findings: ['of-audit'] }, {}],
    });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual([
      ...['implementer 1', 'reviewer 1'],
      ...['implementer 2', 'reviewer 2', 'auditor 2'],
      ...['implementer 3', 'reviewer 3', 'auditor 3'],
    ]);
    const [, second, third] = (await repository.calls()).filter(({ role }) => role === 'implementer');
    expect(second?.prompt).toContain('about of-review');
    expect(third?.prompt).toContain('about of-audit');
    expect((await repository.status()).run.metrics.findings_fixed).toBe(2);
  }, 60_000);

  test('C64: what was deleted in two cycles is listed with its cycle, once, with the total', async () => {
    const files = { 'a/one.txt': '1\n', 'a/two.txt': '2\n' };
    const script = {
      implementer: [{ remove: ['a/one.txt'] }, { remove: ['a/two.txt'], idle: true }],
      reviewer: [{ findings: ['x'] }, {}],
    };
    const repository = await makeGated(world, script, { files });
    expect(await repository.run(['run', 'sprint-1', '--gated'])).toMatchObject({ code: 0 });
    expect((await repository.status()).run.deletions).toEqual([
      { path: 'a/one.txt', sprint: 'sprint-1', cycle: 1 },
      { path: 'a/two.txt', sprint: 'sprint-1', cycle: 2 },
    ]);
    const body = repository.github.state().pulls[0]?.body;
    expect(body).toContain('Total: 2 files');
    expect(body).toContain('a/\n  one.txt (sprint-1, cycle 1)\n  two.txt (sprint-1, cycle 2)');
    expect((await repository.run(['status', repository.gated, '--verbose'])).stdout).toContain('two.txt');
  }, 60_000);

  test('C65: nothing deleted: one line says so', async () => {
    const repository = await makeGated(world, {});
    await repository.run(['run', '1', '--gated']);
    expect(repository.github.state().pulls[0]?.body?.match(/^.*deleted.*$/gim)).toHaveLength(1);
  }, 60_000);

  test('timeout: a phase that runs is cut when the time is over, and what it made is kept', async () => {
    const repository = await halted({ implementer: [{ write: { 'half.txt': 'x' }, gate: 'never' }] }, [
      '--timeout',
      '0.001',
    ]);
    const status = await repository.status();
    expect(status.circuit_breaker.history).toMatchObject([{ trigger: 'timeout' }]);
    expect(status.computed.timeout_remaining_seconds).toBe(0);
    expect(await repository.gitRemote('show', 'feature/issue-1:half.txt')).toBe('x');
  }, 60_000);

  test('C67: at the limit of an hour the run waits, and shows so; a halt reaches it there', async () => {
    const config = { run_mode: { rate_limiting: { calls_per_hour: 2 } } };
    const repository = await makeGated(world, {}, { config });
    await repository.run(['run', '1', '--gated', '--detach']);
    await until('it waits', async () => (await repository.status()).run.phase === 'RATE_LIMITED', 30);
    expect(await repository.order()).toEqual(['implementer 1', 'reviewer 1']);
    expect((await repository.run(['status', repository.gated])).stdout).toMatch(/the limit of 2 phases an hour/);
    expect(await repository.run(['halt', repository.gated])).toMatchObject({
      stdout: expect.stringContaining('is halted'),
    });
    expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
    await repository.inState('RUNNING');
    await until('it waits', async () => (await repository.status()).run.phase === 'RATE_LIMITED', 30);
    expect(await repository.run(['stop', repository.gated])).toMatchObject({ code: 0 });
  }, 60_000);
});
