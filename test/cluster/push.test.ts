import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { until } from '../e2e/support/wait.ts';
import { expectEnd, expectSprintOnce, sprintBranch, sprintIssues } from './support/effects.ts';
import type { Fleet } from './support/fleet.ts';
import { onEachServer } from './support/servers.ts';

onEachServer(({ open }) => {
  // The host is lost after its commit was made, while nobody knows whether the push of it arrives.
  const loseAtPush = async () => {
    const fleet = await open({ agent: { hostLostMinutes: 0.1 }, issues: sprintIssues(3, { gatedAt: 2 }) });
    const running = fleet.run('--wait');
    const [first] = await fleet.startsOnce(1, 2);
    const push = await holdNextPush(fleet);
    await fleet.repository.openGate('go');
    await until('its work is on its way', push.isHeld);
    await fleet.hostOf(first!).lose();
    return { fleet, running, push };
  };

  test('work whose push did not arrive before its host was lost is made again at the other', async () => {
    const { fleet, running, push } = await loseAtPush();
    await push.drop();
    await expectEnd(running, '3 of 3 tasks done');
    expect(await fleet.repository.agentStarts()).toEqual([1, 2, 2, 3]);
    await expectSprintOnce(fleet, 3);
  });

  test('work whose push arrived after its host was lost is not made again', async () => {
    const { fleet, running, push } = await loseAtPush();
    await push.letThrough();
    const pushed = await until('the late push is there', async () => (await fleet.repository.commits(sprintBranch))[1]);
    await expectEnd(running, '3 of 3 tasks done');
    expect(await fleet.repository.agentStarts()).toEqual([1, 2, 3]);
    expect((await fleet.repository.commits(sprintBranch))[1]).toEqual(pushed);
    await expectSprintOnce(fleet, 3);
  });

  test('a push that arrives after its task was begun anew is not overwritten: the run halts', async () => {
    const { fleet, running, push } = await loseAtPush();
    await rm(path.join(fleet.repository.agentFolder, 'go'));
    await fleet.startsOnce(2, 2);
    await push.letThrough();
    await until('the late push is there', async () => (await fleet.repository.commits(sprintBranch))[1]);
    const pushed = await fleet.repository.commits(sprintBranch);
    await fleet.repository.openGate('go');
    expect(await running.ended).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('the remote refuses the branch'),
    });
    expect(await fleet.repository.agentStarts()).toEqual([1, 2, 2]);
    expect(await fleet.repository.commits(sprintBranch)).toEqual(pushed);
    expect(pushed.map(({ issue }) => issue)).toEqual(['1', '2']);
  });
});

/** Holds the next push at the remote, after it has received everything and before it takes it. */
async function holdNextPush({ repository }: Fleet) {
  const file = (name: string) => path.join(repository.remote, name);
  const hook = [
    '#!/bin/sh',
    'rm hold 2>/dev/null || exit 0',
    'while :; do [ ! -e let-through ] || exit 0; [ ! -e drop ] || exit 1; sleep 0.05; done',
  ];
  await writeFile(file('hold'), '');
  await mkdir(file('hooks'), { recursive: true });
  await writeFile(file('hooks/pre-receive'), `${hook.join('\n')}\n`, { mode: 0o755 });
  return {
    isHeld: () => !existsSync(file('hold')),
    letThrough: () => writeFile(file('let-through'), ''),
    drop: () => writeFile(file('drop'), ''),
  };
}
