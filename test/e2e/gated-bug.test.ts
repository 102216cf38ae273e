import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Script } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const packageJson = '{ "name": "shop", "scripts": { "test": "node --test" } }\n';
const told = 'The cart loses items after a reload. Write to jane@example.com';

describe('a bug', () => {
  test('C97: it is triaged, recorded and fixed through the gates, up to one draft', async () => {
    const repository = await makeBug({ implementer: [{ write: { 'cart.ts': 'export const cart = [];\n' } }] });
    const { code, stderr } = await repository.run(['run', '--bug', told]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(['triage 0', 'implementer 1', 'reviewer 1', 'auditor 1']);
    const [triage, implementer] = await repository.calls();
    expect(triage?.prompt).toContain('The cart loses items after a reload');
    expect(triage?.prompt).not.toContain('jane@example.com');
    expect(implementer?.prompt).toContain('# Test first');
    expect(implementer?.prompt).toContain('## sprint-bug-1: the cart loses items');

    const { pulls } = repository.github.state();
    expect(pulls).toHaveLength(1);
    const [pull] = pulls;
    const id = /^Run Mode: (\d{8}-[0-9a-f]{6}) implementation$/.exec(pull?.title ?? '')?.[1] ?? '';
    expect(pull).toMatchObject({ draft: true, head: { ref: `bugfix/${id}` } });
    for (const line of [
      `Bug ID: \`${id}\``,
      'Reproduction: strong',
      'Test Type: unit',
      'Files Changed: 1',
      'Lines Changed: 1',
      'Risk Level: low',
      `.locus/bugs/${id}.md`,
    ])
      expect(pull?.body).toContain(line);
    const log = await repository.git('log', '--format=%s', `main..bugfix/${id}`);
    expect(log.trim().split('\n')).toEqual([
      expect.stringMatching(/^fix\(sprint-bug-1\): /),
      `docs(sprint-bug-1): the triage of bug ${id}`,
    ]);
    expect(await repository.git('show', `bugfix/${id}:.locus/bugs/counter`)).toBe('1');
    const run = `locus/acme/${repository.github.repo}/bug/${id}`;
    expect(await repository.status(run)).toMatchObject({
      run: { state: 'JACKED_OUT', target: id },
      bug: { schema_version: 1, bug_id: id, sprint_id: 'sprint-bug-1', state: 'COMPLETED' },
      circuit_breaker: {
        triggers: { same_issue: { threshold: 3 }, no_progress: { threshold: 5 }, cycle_count: { limit: 10 } },
      },
    });
    expect(await repository.git('status', '--porcelain')).toBe('');

    // C100: the number is taken, also where nothing of it is merged.
    expect((await repository.run(['run', '--bug', told])).code).toBe(0);
    expect((await repository.calls()).at(-1)?.prompt).toContain('sprint-bug-2');
  }, 120_000);

  test('C100: its number comes after that of the default branch, also where work is based on another one', async () => {
    const repository = await makeBug(
      { implementer: [{ write: { 'cart.ts': 'export const cart = [];\n' } }] },
      {
        agent: { baseBranch: 'trial' },
      },
    );
    await repository.git('push', '-q', 'origin', 'main:trial');
    await repository.git('switch', '-q', 'main');
    await mkdir(path.join(repository.root, '.locus/bugs'), { recursive: true });
    await writeFile(path.join(repository.root, '.locus/bugs/counter'), '41\n');
    await repository.git('add', '-f', '.locus/bugs/counter');
    await repository.git('commit', '-q', '-m', 'a bug that was fixed');
    await repository.git('push', '-q', 'origin', 'main');
    await repository.git('switch', '-q', 'mine');
    expect(await repository.run(['run', '--bug', told])).toMatchObject({ code: 0 });
    expect(repository.github.state().pulls[0]).toMatchObject({ base: { ref: 'trial' } });
    expect((await repository.calls())[1]?.prompt).toContain('## sprint-bug-42: ');
  }, 60_000);

  test('C98: without a test runner nobody looks at it', async () => {
    const repository = await makeGated(world, {});
    const { code, stdout } = await repository.run(['run', '--bug', told]);
    expect(code).toBe(3);
    expect(stdout).toContain('there is no test runner in this repository');
    expect(await repository.calls()).toEqual([]);
  }, 60_000);

  test('C95: a feature is rejected, and so is what too little shows', async () => {
    const repository = await makeBug({});
    const feature = await repository.run(['run', '--bug', 'Add dark mode support']);
    expect(feature).toMatchObject({ code: 3, stdout: expect.stringContaining('this is a feature (ui), no bug') });
    await repository.play({ triage: [{ triage: { reproduction: { steps: [] } } }] });
    const vague = await repository.run(['run', '--bug', told]);
    expect(vague).toMatchObject({ code: 3, stdout: expect.stringContaining('too little shows that it is a bug (1)') });
    expect((await repository.calls()).map(({ role }) => role)).toEqual(['triage', 'triage']);
  }, 60_000);

  test('what just about shows it is confirmed by a person, who is asked for what is missing', async () => {
    const unsure = { evidence: {}, severity: null, questions: ['Since when?'] };
    const repository = await makeBug({
      triage: [{ triage: unsure }, { triage: unsure }, { triage: { ...unsure, questions: [] } }],
    });
    const run = await started(repository, ['--bug', told]);
    await asks(repository, run, 'just enough shows that it is a bug (2): is it one?');
    const shown = await repository.run(['status', run]);
    expect(shown.stdout).toMatch(/Phase: +TRIAGE/);
    expect(shown.stdout).toContain('question 1: just enough');
    expect(shown.stdout).toContain('`locus answer yes --question 1` or `locus answer no --question 1`');
    const wrong = await repository.run(['answer', run, 'perhaps']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('the answer is yes or no, not perhaps') });
    expect((await repository.run(['answer', run, 'no'])).code).toBe(0);
    expect((await repository.inState('HALTED', run)).run.halt?.reason).toContain('it was said to be no bug');

    expect((await repository.run(['resume', run])).code).toBe(0);
    await asks(repository, run, 'is it one?');
    await repository.run(['answer', run, 'YES']);
    await asks(repository, run, 'How severe is it');
    // What was typed for the question before is not taken for this one.
    const late = await repository.run(['answer', run, 'yes', '--question', '2']);
    expect(late.stderr).toContain('question 2 is not open: the run asks question 3');
    expect(late.code).toBe(2);
    await repository.run(['answer', run, 'high']);
    await asks(repository, run, 'Since when?');
    expect((await repository.run(['answer', run, ' '])).code).toBe(2);
    await repository.run(['answer', run, 'Since Tuesday, says jane@example.com']);
    const { bug } = await repository.inState('JACKED_OUT', run);
    expect(bug.state).toBe('COMPLETED');
    const last = (await repository.calls()).filter(({ role }) => role === 'triage').at(-1);
    expect(last?.prompt).toContain('Since Tuesday');
    expect(last?.prompt).not.toContain('jane@example.com');
  }, 120_000);

  test('C92: what it touches is risky: nothing is implemented until a person lets it', async () => {
    const risky = { suspected_files: [{ file: 'src/auth/login.ts', lines: '', confidence: 'high', reason: 'there' }] };
    const repository = await makeBug({ triage: [{ triage: risky }] });
    const run = await started(repository, ['--bug', told]);
    const { bug } = await repository.inState('HALTED', run);
    expect(bug).toMatchObject({ halt: { reason: expect.stringContaining('high risk: src/auth/login.ts') } });
    expect(await repository.order()).toEqual(['triage 0']);
    expect(repository.github.state().pulls).toEqual([]);
    expect(await repository.git('ls-remote', 'origin', 'refs/heads/bugfix/*')).toBe('');

    expect((await repository.run(['resume', run, '--allow-high'])).code).toBe(0);
    const pull = await until('a draft', async () => repository.github.state().pulls[0]);
    expect(pull.body).toContain('Risk Level: high');
    expect(pull.body).toContain('let by --allow-high');
    expect(await repository.order()).toEqual(['triage 0', 'implementer 1', 'reviewer 1', 'auditor 1']);
  }, 90_000);

  test('C94: from an issue, beside a gated run of the same repository', async () => {
    const repository = await makeBug({ implementer: [{ gate: 'open' }, {}] });
    await repository.run(['run', 'sprint-1', '--gated', '--detach']);
    await repository.called('implementer');
    repository.github.seed({ issues: [{ title: 'The cart loses items', body: 'It throws. Mail jane@example.com' }] });
    const { code, stderr } = await repository.run(['run', '--bug', '--from-issue', '2']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [pull] = repository.github.state().pulls;
    expect(pull?.title).toMatch(/^Run Mode: \d{8}-i2-[0-9a-f]{6} implementation$/);
    expect(pull?.body).toContain('issue #2');
    expect(pull?.body).toContain('Closes #2');
    const prompt = (await repository.calls()).find(({ role }) => role === 'triage')?.prompt;
    expect(prompt).toContain('It throws.');
    expect(prompt).not.toContain('jane@example.com');
    expect(await repository.status()).toMatchObject({
      run: { state: 'RUNNING', cycles: { current: 1, limit: 20 } },
      circuit_breaker: { triggers: { cycle_count: { current: 1, limit: 20 } } },
    });
    await repository.play({});
    await repository.openGate('open');
    await repository.inState('JACKED_OUT');
  }, 120_000);

  test('what it is told by is checked before anything is begun', async () => {
    const repository = await makeBug({});
    const refused = async (...args: string[]) => {
      const { code, stderr } = await repository.run(['run', ...args]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused('--from-issue', '1')).toContain('--from-issue belongs to --bug');
    expect(await refused('--bug', 'text', '--from-issue', '1')).toContain('a bug has one source');
    expect(await refused('--bug')).toContain('nothing is said of the bug');
    expect(await refused('1', '--bug', 'text')).toContain('--bug takes no other target');
    expect(await refused('--bug', 'text', '--resume')).toContain('locus resume <run>');
    const dry = await repository.run(['run', '--bug', told, '--dry-run']);
    expect(dry.code).toBe(0);
    for (const line of ['triage: command', 'Limits: 10 cycles, 2 h']) expect(dry.stdout).toContain(line);
    expect(await repository.calls()).toEqual([]);
    expect(await readdir(path.join(repository.root, '.locus')).then((names) => names.includes('bugs'))).toBe(false);
  }, 60_000);
});

function makeBug(script: Script, config: Record<string, unknown> = {}): Promise<GatedRepository> {
  return makeGated(world, script, { files: { 'package.json': packageJson }, config });
}

/** Starts it in the background; answers its id. */
async function started(repository: GatedRepository, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await repository.run(['run', ...args, '--detach', '--json']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return /locus\/[^\s"]+\/bug\/[^\s"]+/.exec(stdout)?.[0] ?? '';
}

function asks(repository: GatedRepository, run: string, text: string): Promise<unknown> {
  return until(`it asks: ${text}`, async () => (await repository.status(run)).question?.text.includes(text), 30);
}
