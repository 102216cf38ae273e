import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { viewOfIssue } from '../../e2e/support/github.ts';
import { until } from '../../e2e/support/wait.ts';
import { openWorld, type World } from '../../e2e/support/world.ts';
import { keeperOf, kill } from '../../faults-support/keeper.ts';
import { type RealProvider, shell } from '../../support/agents/real.ts';
import { type RealRun, realRun } from '../../support/agents/real-run.ts';
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

/** A run whose agent has done half of its work and asks the model how to go on, which thinks. */
async function atHalf(provider: RealProvider) {
  const real = await realRun(world, { provider, modelUrl: model.url });
  real.repository.github.seed({ issues: [{ title: 'Count to two', body: 'In a file.' }] });
  let answer = () => {};
  const after = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const run = shell[provider];
  // Not in the words of the command, but in what it prints.
  const printed = 1_000_000 + world.next();
  const rest: Step[] = [
    run('echo two >> count.txt && git add . && git commit -qm "feat: count"'),
    { text: 'Counted.' },
  ];
  const thinking = { ...run('echo thought > thought.txt'), after };
  model.play(run(`echo one >> count.txt; expr ${printed - 1} + 1`), thinking, ...rest);
  const cli = real.repository.start(['run', '1'], real.env);
  await until('the agent asks how to go on', () => model.requests.length === 2, 60);
  await until('its session holds what it did', () => real.sessionHolds(`${printed}`));
  return { real, cli, answer, printed };
}

/** One commit, one pull request, one comment, and nothing left that runs or lies about. */
async function expectDoneOnce({ repository, live }: RealRun, files: string[]): Promise<void> {
  expect((await repository.commits('locus/issue-1')).map(({ files }) => files)).toEqual([files]);
  expect(await repository.gitRemote('show', 'locus/issue-1:count.txt')).toBe('one\ntwo');
  expect(repository.github.state().pulls).toMatchObject([{ title: 'Count to two (#1)' }]);
  expect(viewOfIssue(repository.github, 1)).toMatchObject({ labels: ['locus:done'], comments: { length: 1 } });
  expect(await live()).toEqual([]);
  expect(await repository.worktrees()).toEqual([]);
  expect(await repository.git('for-each-ref', 'refs/locus/wip', 'refs/locus/aside')).toBe('');
}

/** The process that talks with the model: codex itself is the child of a launcher. */
async function programOf(provider: RealProvider, dir: string): Promise<number> {
  const pid = (await readFile(path.join(dir, 'agent'), 'utf8')).trim();
  if (provider === 'claude') return Number(pid);
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ')[0]);
}

async function sessionOf(dir: string): Promise<string> {
  const said = await readFile(path.join(dir, 'events.ndjson'), 'utf8');
  return /"(?:session|thread)_id":"([0-9a-f-]{36})"/.exec(said)?.[1] ?? 'none';
}

describe.each(['claude', 'codex'] as const)('the real %s', (provider) => {
  test('goes on when its worker is killed, and is not started again', async () => {
    const { real, cli, answer } = await atHalf(provider);
    const [dir = ''] = await real.live();
    const { worker } = await keeperOf(world);
    const leaseAt = async () => (await stat(path.join(dir, 'lease')).catch(() => null))?.mtimeMs ?? 0;
    kill(worker?.pid);
    const killedAt = Date.now();
    await until('another worker follows the agent', async () => (await leaseAt()) > killedAt, 60);
    expect((await keeperOf(world)).worker?.pid).not.toBe(worker?.pid);
    answer();
    expect(await cli.ended).toMatchObject({ code: 0 });
    expect(await real.starts()).toHaveLength(1);
    expect(model.requests).toHaveLength(4);
    await expectDoneOnce(real, ['count.txt', 'thought.txt']);
  }, 150_000);

  test('is started again in its own session, on its own tree, when it is killed itself', async () => {
    const { real, cli, printed } = await atHalf(provider);
    const [dir = ''] = await real.live();
    kill(await programOf(provider, dir));
    expect(await cli.ended).toMatchObject({ code: 0 });
    const [first, second, ...more] = await real.starts();
    const session = await sessionOf(dir);
    expect(first).not.toContain(session);
    expect(second?.join(' ')).toContain({ claude: `--resume ${session}`, codex: `${session} -` }[provider]);
    expect(more).toEqual([]);
    // What the killed one was about to be told is lost with it; what it was told before is not.
    expect(model.requests).toHaveLength(4);
    expect(JSON.stringify(model.requests[2])).toContain(`${printed}`);
    await expectDoneOnce(real, ['count.txt']);
  }, 150_000);
});
