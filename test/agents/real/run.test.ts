import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../e2e/support/wait.ts';
import { openWorld, type World } from '../../e2e/support/world.ts';
import { shell, spentHeaders } from '../../support/agents/real.ts';
import { realRun } from '../../support/agents/real-run.ts';
import { type Step, startModel } from '../../support/model.ts';

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

test('`locus run` with the real claude sleeps until its usage limit is over, and goes on in its session', async () => {
  const { repository, env, starts } = await realRun(world, { provider: 'claude', modelUrl: model.url });
  repository.github.seed({ issues: [{ title: 'Count to two' }] });
  let resetsAt = 0;
  const spent: Step = {
    ...{ status: 429, message: 'Your limit is reached.' },
    get headers() {
      resetsAt = Math.ceil(Date.now() / 1000) + 5;
      return spentHeaders(resetsAt);
    },
  };
  model.play(
    ...[shell.claude('echo one >> count.txt; expr 41 + 1'), spent],
    ...[shell.claude('echo two >> count.txt'), { text: 'Counted.' }],
  );
  const subscription = { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: 'none' };
  const run = repository.start(['run', '1'], { ...env, ...subscription });
  await until('it is started again', () => model.requests.length === 3, 100);
  expect(Date.now()).toBeGreaterThan(resetsAt * 1000);
  expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('the usage limit of claude') });
  expect((await starts()).map((argv) => argv.includes('--resume'))).toEqual([false, true]);
  expect(JSON.stringify(model.requests[2])).toContain('"content":"42"');
  expect(await repository.gitRemote('show', 'locus/issue-1:count.txt')).toBe('one\ntwo');
  expect(repository.github.state().pulls).toHaveLength(1);
}, 120_000);
