import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canOpenTerminal, inTerminal } from '../faults-support/terminal.ts';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

(canOpenTerminal ? describe : describe.skip)('a gated run that is started in a terminal', () => {
  test('is interactive, and stays so when it is halted and resumed from elsewhere', async () => {
    const repository = await makeGated(world, { implementer: [{ gate: 'never' }, {}] });
    const terminal = inTerminal(world, repository, ['run', '1', '--gated']);
    await repository.called('implementer');
    expect((await repository.status()).run.mode).toBe('interactive');
    expect(await repository.run(['halt', repository.gated, '--force'])).toMatchObject({ code: 0 });
    expect(await terminal.ended).toBe(3);
    await repository.inState('HALTED');
    expect(await repository.run(['resume', repository.gated])).toMatchObject({ code: 0 });
    const { run } = await repository.inState('JACKED_OUT');
    expect(run.mode).toBe('interactive');
    // By which the danger gate has judged, before the halt and after it.
    expect(await modesOf(run.run_id)).toEqual(Array(4).fill('interactive'));
  }, 90_000);

  test('is autonomous with --autonomous', async () => {
    const repository = await makeGated(world, {});
    const terminal = inTerminal(world, repository, ['run', '1', '--gated', '--autonomous']);
    expect(await terminal.ended).toBe(0);
    const { run } = await repository.status();
    expect(run).toMatchObject({ state: 'JACKED_OUT', mode: 'autonomous' });
    expect(await modesOf(run.run_id)).toEqual(Array(3).fill('autonomous'));
  }, 60_000);

  test('A10: asks before it fixes what is risky, rather than to halt', async () => {
    const risky = { suspected_files: [{ file: 'src/auth/login.ts', lines: '', confidence: 'high', reason: 'there' }] };
    const files = { 'package.json': '{ "name": "shop", "scripts": { "test": "node --test" } }\n' };
    const repository = await makeGated(world, { triage: [{ triage: risky }] }, { files });
    const terminal = inTerminal(world, repository, ['run', '--bug', 'The cart loses items after a reload']);
    await until('it asks', () => /locus answer yes/.test(terminal.text()), 30);
    expect(terminal.text()).toContain('high risk: src/auth/login.ts');
    const { stdout } = await repository.run(['runs', '--json']);
    const run = /locus\/[^"]+\/bug\/[^"]+/.exec(stdout)?.[0] ?? '';
    expect(await repository.status(run)).toMatchObject({
      run: { mode: 'interactive', state: 'RUNNING' },
      bug: { mode: 'interactive', state: 'TRIAGE' },
      question: { text: expect.stringContaining('Fix it all the same?'), answers: ['yes', 'no'] },
    });
    expect(await repository.order()).toEqual(['triage 0']);
    expect(await repository.run(['answer', run, 'yes'])).toMatchObject({ code: 0 });
    expect(await terminal.ended).toBe(0);
    expect(await repository.order()).toEqual(['triage 0', 'implementer 1', 'reviewer 1', 'auditor 1']);
    expect(repository.github.state().pulls).toMatchObject([{ draft: true }]);
  }, 90_000);
});

/** The mode of each judgement of the danger gate, in time. */
async function modesOf(id: string): Promise<string[]> {
  const text = await readFile(path.join(world.stateDir, 'runs', id, 'audit.jsonl'), 'utf8');
  const records = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly type: string; readonly mode: string });
  return records.filter(({ type }) => type === 'danger_level').map(({ mode }) => mode);
}
