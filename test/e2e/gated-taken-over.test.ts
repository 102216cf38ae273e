import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeGated } from './support/gated.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

describe('a pull request that a person has marked ready', () => {
  test('A8: keeps its title and body; a comment tells of the run, once, and status warns', async () => {
    const repository = await makeGated(world, { reviewer: [{ findings: ['secret'] }] });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    const pull = () => {
      const { pulls } = repository.github.state();
      expect(pulls).toHaveLength(1);
      const [only] = pulls;
      if (!only) throw new Error('there is no pull request');
      return only;
    };
    const { number, title, body } = pull();
    expect(title).toBe('[INCOMPLETE] Run Mode: issue-1');
    repository.github.markReady(number);

    // Halted once more, and then complete: each would have written its own text.
    await repository.run(['resume', repository.gated, '--probe']);
    const told = () => pull().comments.map((comment) => comment.body);
    await until('the comment tells of the halt', async () => told()[0]?.includes('[INCOMPLETE]'));
    await repository.inState('HALTED');
    await repository.play({});
    expect(await repository.run(['resume', repository.gated, '--reset-breaker'])).toMatchObject({ code: 0 });
    await repository.inState('JACKED_OUT');
    expect(pull()).toMatchObject({ number, title, body, draft: false, state: 'open' });
    expect(told()).toEqual([expect.stringContaining('Run Mode: issue-1 implementation')]);
    expect(told()[0]).not.toContain('INCOMPLETE');

    const warning = `pull request #${number} is a person's`;
    const shown = await repository.run(['status', repository.gated]);
    expect(shown.stdout.split('\n').filter((line) => line.includes(warning))).toHaveLength(1);
    const json = JSON.parse((await repository.run(['status', '--json', repository.gated])).stdout);
    expect(json.warnings).toContainEqual(expect.stringContaining(warning));
  }, 120_000);
});
