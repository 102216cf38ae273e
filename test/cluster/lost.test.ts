import { expect, test } from '@jest/globals';
import { until } from '../e2e/support/wait.ts';
import {
  expectEnd,
  expectIssuesOnce,
  expectSprintOnce,
  gatedIssues,
  sprintBranch,
  sprintIssues,
} from './support/effects.ts';
import { networkTest, onEachServer } from './support/servers.ts';

/** How long a task waits for a host that was lost, beside the 30 s that its heartbeat may be late. */
const impatient = { hostLostMinutes: 0.1 };

onEachServer(({ open, took }) => {
  test('tasks of a parallel run whose host is lost go on at the other, without a person', async () => {
    const fleet = await open({ agent: { ...impatient, maxParallel: 4 }, issues: gatedIssues(4) });
    const { repository, run, hostOf, notOn, starts, startsOnce } = fleet;
    const running = run('1', '2', '3', '4', '--wait');
    const first = await startsOnce(4);
    const lost = hostOf(first[0]!);
    const orphaned = first.filter((note) => hostOf(note) === lost).map(({ issue }) => issue);
    await lost.lose();
    await repository.openGate('go');
    await expectEnd(running, '4 of 4 tasks done');

    const again = (await starts()).slice(4);
    expect(again.map(({ issue }) => issue).sort()).toEqual(orphaned.sort());
    expect(again.map(hostOf)).toEqual(orphaned.map(() => notOn(lost)));
    await expectIssuesOnce(fleet, 4);
  });

  test('a sprint whose host is lost goes on at the other from its last push', async () => {
    const fleet = await open({ agent: impatient, issues: sprintIssues(4, { gatedAt: 3 }) });
    const { repository, run, hostOf, notOn, startsOnce } = fleet;
    const running = run('--wait');
    const [first] = await startsOnce(1, 3);
    const pushed = await repository.commits(sprintBranch);
    expect(pushed.map(({ issue }) => issue)).toEqual(['1', '2']);
    const lost = hostOf(first!);
    const began = Date.now();
    await lost.lose();
    const [, second] = await startsOnce(2, 3);
    took('host lost, to the start of its task at the other', second!.at - began);
    await repository.openGate('go');
    await expectEnd(running, '4 of 4 tasks done');

    expect(hostOf(second!)).toBe(notOn(lost));
    expect(await repository.agentStarts()).toEqual([1, 2, 3, 3, 4]);
    expect((await repository.commits(sprintBranch)).slice(0, 2)).toEqual(pushed);
    await expectSprintOnce(fleet, 4);
  });

  networkTest('a host that is cut off is given up; its agent is ended by its lease, and it may come back', async () => {
    const issues = [...sprintIssues(3, { gatedAt: 2 }), ...gatedIssues(3, 'back')];
    const fleet = await open({ agent: { ...impatient, orphanMinutes: 0.1, maxParallel: 3 }, issues });
    const { repository, run, hostOf, notOn, startsOnce } = fleet;
    const running = run('--wait');
    const [first] = await startsOnce(1, 2);
    const lost = hostOf(first!);
    const began = Date.now();
    lost.cutOff();
    const [, second] = await startsOnce(2, 2);
    took('host cut off, to the start of its task at the other', second!.at - began);
    const exit = await until('its own agent is ended', () => lost.exitOf(first!.attempt), 120);
    took('host cut off, to the end of its agent', Date.now() - began);
    expect(exit.reason).toBe('orphaned');
    expect(await lost.agentProcesses()).toEqual([]);
    await repository.openGate('go');
    await expectEnd(running, '3 of 3 tasks done');
    expect(hostOf(second!)).toBe(notOn(lost));

    lost.reconnect();
    const next = run('4', '5', '6', '--wait');
    const busy = (await startsOnce(7)).slice(4);
    expect(new Set(busy.map(hostOf)).size).toBe(2);
    await repository.openGate('back');
    await expectEnd(next, '3 of 3 tasks done');
    expect(await repository.agentStarts()).toEqual([1, 2, 2, 3, ...busy.map(({ issue }) => issue)]);
    await expectSprintOnce(fleet, 3);
  });

  networkTest('what a host that was cut off has made meanwhile has no second effect when it comes back', async () => {
    const fleet = await open({ agent: impatient, issues: sprintIssues(3, { gatedAt: 2 }) });
    const { repository, run, hostOf, startsOnce } = fleet;
    const running = run('--wait');
    const [first] = await startsOnce(1, 2);
    const lost = hostOf(first!);
    lost.cutOff();
    await startsOnce(2, 2);
    // Both agents end now, one of them where nobody hears of it.
    await repository.openGate('go');
    await until('both agents have ended', async () => {
      const ended = (await repository.agentLog()).filter(({ event, issue }) => event === 'end' && issue === 2);
      return ended.length === 2;
    });
    lost.reconnect();
    await expectEnd(running, '3 of 3 tasks done');
    expect(await repository.agentStarts()).toEqual([1, 2, 2, 3]);
    await expectSprintOnce(fleet, 3);
  });
});
