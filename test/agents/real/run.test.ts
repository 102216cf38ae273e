import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

test.each(['claude', 'codex'] as const)(
  '`locus run` with the real %s, confined, turns an issue into a pull request',
  async (provider) => {
    const { repository, env } = await realRun(world, { provider, modelUrl: model.url, isConfined: true });
    const { github } = repository;
    github.seed({ issues: [{ title: 'Say hello' }] });
    model.play(shell[provider]('echo hello > hello.txt && git add hello.txt && git commit -qm "feat: say hello"'), {
      text: 'I said hello.',
    });
    const ended = await repository.run(['run', '1', '--sandbox=require'], env);
    expect(ended).toMatchObject({ code: 0 });
    const commits = await repository.commits('locus/issue-1');
    expect(commits.map(({ subject, files }) => [subject, files])).toEqual([['feat: say hello', ['hello.txt']]]);
    const { pulls, issues } = github.state();
    expect(pulls).toMatchObject([{ title: 'Say hello (#1)', head: { ref: 'locus/issue-1' } }]);
    expect(JSON.stringify(issues[0]?.comments)).toContain('I said hello.');
    expect(JSON.stringify(model.requests)).not.toContain(github.token);
    expect(JSON.stringify(model.requests)).toContain('Say hello');
  },
  90_000,
);
