import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sprintOf } from '../faults-support/keeper.ts';
import { makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

describe('Fault 10: the rate limiter limits', () => {
  test('agent starts are counted over runs of different repositories; who must wait shows until when, and can be halted', async () => {
    const config = { agent: { callsPerHour: 2 } };
    const [first, second] = [await makeRepository(world, { config }), await makeRepository(world, { config })];
    sprintOf(first, ['']);
    expect(await first.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
    sprintOf(second, ['', '', '']);
    const cli = second.start(['run', '--sprint', 'S', '--json']);
    await until('it waits', () => cli.stdout().includes('"run.waiting"'));
    const events = cli
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const waiting = events.find(({ event }) => event === 'run.waiting');
    const minutes = (Date.parse(waiting.until) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(55);
    expect(minutes).toBeLessThan(61);
    expect(waiting.reason).toMatch(/2 agent starts an hour/);
    expect(await second.agentStarts()).toEqual([1]);
    const shown = await second.run(['status']);
    expect(shown.stdout).toMatch(/waiting until .*2 agent starts an hour/);
    expect(JSON.parse((await second.run(['status', '--json'])).stdout)).toMatchObject({
      waiting: { reason: expect.any(String) },
    });
    cli.process.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130 });
    expect(await second.agentStarts()).toEqual([1]);
  }, 120_000);
});

test('Fault 10: a limit of the tracker that a task of a parallel run waits for is told in the terminal and in `locus status`', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [1, 2].map((number) => ({ title: `Task ${number}` })) });
  const body = { message: 'You have exceeded a secondary rate limit' };
  github.faults.push({
    method: 'POST',
    path: '/pulls$',
    kind: 'status',
    status: 403,
    headers: { 'retry-after': '15' },
    body,
  });
  const cli = repository.start(['run', '1', '2']);
  const waits = 'openIssuePull waits: GitHub limits our requests: You have exceeded a secondary rate limit';
  await until('it is told', () => (cli.stdout() + cli.stderr()).includes(waits));
  expect((await repository.run(['status'])).stdout).toContain(`  ${waits}\n`);
  expect(await cli.ended).toMatchObject({ code: 0 });
  expect(github.state().pulls).toHaveLength(2);
}, 120_000);

test('Fault 13: while the tracker is slow to answer one issue, the others go on', async () => {
  const repository = await makeRepository(world);
  repository.github.seed({ issues: [1, 2, 3].map((number) => ({ title: `Task ${number}` })) });
  repository.github.latencyMs = 350;
  expect(await repository.run(['run', '1', '2', '3'])).toMatchObject({ code: 0 });
  const writes = repository.github.log.flatMap(({ method, path: where, at }) => {
    const issue = /\/issues\/(\d+)\//.exec(where)?.[1];
    return method === 'GET' || issue === undefined ? [] : [{ issue, at }];
  });
  // Where each call blocks everything, none begins before the answer to the one before it.
  const overlapping = writes.filter(({ issue, at }) =>
    writes.some((other) => other.issue !== issue && other.at <= at && at < other.at + 350),
  );
  expect(overlapping.length).toBeGreaterThan(0);
}, 120_000);

describe('Fault 15: no agent is left when another one starts in the same worktree', () => {
  // Leaves a process behind that has a session of its own and ignores TERM; the next start looks for it.
  const script = `
cat >/dev/null
log=$(dirname "$E2E_LOG")
if [ -f "$log/escapee" ]; then
  pid=$(cat "$log/escapee")
  { sed -n 's/^State:[[:space:]]*//p' "/proc/$pid/status" || ps -o stat= -p "$pid"; } >"$log/second" 2>/dev/null
  echo two >two.txt
  exit 0
fi
setsid sh -c 'trap "" TERM HUP INT; echo $$ >"$0/escapee"; while :; do date >>scribble.txt; sleep 0.05; done' "$log" </dev/null >/dev/null 2>&1 &
while [ ! -s "$log/escapee" ]; do sleep 0.02; done
`;

  test.each([
    ['it fails', 'exit 1'],
    ['it is killed', 'kill -9 $$'],
  ])(
    'a process that escaped from an agent and ignores TERM is gone after %s',
    async (_how, end) => {
      const repository = await makeRepository(world);
      const agent = path.join(repository.agentFolder, 'agent.sh');
      await writeFile(agent, `#!/bin/sh${script}${end}\n`, { mode: 0o755 });
      const config = JSON.parse(await repository.git('show', 'HEAD:.locus/config.json'));
      config.agent.command = [agent];
      await writeFile(path.join(repository.root, '.locus/config.json'), JSON.stringify(config));
      sprintOf(repository, ['']);
      expect(await repository.run(['run', '--sprint', 'S'])).toMatchObject({ code: 0 });
      const read = (file: string) => readFile(path.join(repository.agentFolder, file), 'utf8');
      // Nothing, or a zombie that nobody has collected yet.
      expect((await read('second')).trim()).toMatch(/^(Z.*)?$/);
      expect((await repository.commits('locus/sprint-s')).map(({ files }) => files)).toEqual([
        expect.arrayContaining(['two.txt']),
      ]);
    },
    120_000,
  );
});
