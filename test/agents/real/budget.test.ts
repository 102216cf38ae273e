import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labelsOf } from '../../e2e/support/github.ts';
import { openWorld, type World } from '../../e2e/support/world.ts';
import { shell } from '../../support/agents/real.ts';
import { realRun } from '../../support/agents/real-run.ts';
import { startModel } from '../../support/model.ts';

let world: World;
let model: Awaited<ReturnType<typeof startModel>>;
beforeAll(async () => {
  world = await openWorld();
  model = await startModel();
});
afterAll(async () => {
  await world.end();
  await model.stop();
}, 60_000);

// Each answer costs 1 USD by its input alone, and hardly more by its output.
const prices = { '*': { inputUsd: 10_000, cachedInputUsd: 10_000, outputUsd: 1 } };

test.each(['claude', 'codex'] as const)(
  'the real %s is ended while its command runs, when it has cost its budget',
  async (provider) => {
    const agent = { budgetUsd: 1.9, prices };
    const { repository, env, starts, live } = await realRun(world, { provider, modelUrl: model.url, agent });
    repository.github.seed({ issues: [{ title: 'Spend' }] });
    model.play(shell[provider]('echo one > one.txt'), shell[provider]('echo two > two.txt; sleep 600'));
    const ended = await repository.run(['run', '1'], env);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("the task's budget of $1.90 is spent: $2.00, $0.10 over");
    expect(await starts()).toHaveLength(1);
    expect(model.requests).toHaveLength(2);
    expect(await live()).toEqual([]);
    expect(labelsOf(repository.github.state().issues[0] ?? { labels: [] })).toEqual(['locus:failed']);
    expect(await repository.git('ls-tree', '--name-only', 'refs/locus/wip/issue-1/1')).toContain('one.txt');
  },
  90_000,
);
