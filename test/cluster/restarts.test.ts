import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { until } from '../e2e/support/wait.ts';
import {
  expectEnd,
  expectIssuesOnce,
  expectSprintOnce,
  gatedIssues,
  isReported,
  sprintIssues,
} from './support/effects.ts';
import { onEachServer } from './support/servers.ts';

onEachServer(({ server, open, took }) => {
  test('a run outlives the Temporal server that is killed under it', async () => {
    const fleet = await open({ agent: { maxParallel: 4 }, issues: gatedIssues(4) });
    const { repository, run, startsOnce } = fleet;
    await expectEnd(run('1', '2', '3', '4', '--detach'), '');
    await startsOnce(4);
    process.kill(Number(await readFile(server.pidFile, 'utf8')), 'SIGKILL');
    const began = Date.now();
    await repository.openGate('go');
    await until('all is reported', () => [1, 2, 3, 4].every((issue) => isReported(fleet, issue)), 120);
    took('server killed and started again after 1 s, to the end of the run', Date.now() - began);

    expect((await repository.agentStarts()).sort()).toEqual([1, 2, 3, 4]);
    await expectIssuesOnce(fleet, 4);
    await fleet.idle();
  });

  test('a worker that is stopped and started again follows its agent', async () => {
    const fleet = await open({ issues: sprintIssues(2, { gatedAt: 1 }) });
    const { repository, run, hostOf, startsOnce } = fleet;
    const running = run('--wait');
    const [first] = await startsOnce(1, 1);
    const host = hostOf(first!);
    const began = Date.now();
    await host.stop();
    took('worker told to stop, to its end', Date.now() - began);
    await host.start();
    const up = Date.now();
    await repository.openGate('go');
    await until('the first task is reported', () => isReported(fleet, 1), 60);
    took('worker up again and its agent told to end, to the report of its task', Date.now() - up);
    await expectEnd(running, '2 of 2 tasks done');

    expect(await repository.agentStarts()).toEqual([1, 2]);
    await expectSprintOnce(fleet, 2);
  });
});
