import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { expectEnd, expectIssuesOnce, gatedIssues } from './support/effects.ts';
import { mostAtOnce } from './support/fleet.ts';
import { onEachServer } from './support/servers.ts';

onEachServer(({ open }) => {
  test('a parallel run spreads over both hosts by their free slots', async () => {
    const fleet = await open({ slots: 2, agent: { maxParallel: 6 }, issues: gatedIssues(6) });
    const { repository, run, hosts, hostOf, starts, startsOnce } = fleet;
    const running = run('1', '2', '3', '4', '5', '6', '--wait');
    await startsOnce(4);
    // The other two wait for a slot: a third agent on a host would start in this time.
    await delay(3000);
    expect((await starts()).map((note) => hostOf(note).name).sort()).toEqual(['a', 'a', 'b', 'b']);
    await repository.openGate('go');
    await expectEnd(running, '6 of 6 tasks done');

    const log = await repository.agentLog();
    for (const host of hosts) expect(mostAtOnce(log.filter((note) => hostOf(note) === host))).toBe(2);
    expect((await repository.agentStarts()).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    await expectIssuesOnce(fleet, 6);
  });
});
