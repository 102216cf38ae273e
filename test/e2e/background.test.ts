import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sprintOf } from '../faults-support/keeper.ts';
import { canOpenShell, shellInTerminal } from '../faults-support/terminal.ts';
import { makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

(canOpenShell ? test : test.skip)(
  '`locus run &` in a shell goes on to its end: the terminal does not stop it, and Ctrl+C at the prompt is not for it',
  async () => {
    const repository = await makeRepository(world);
    sprintOf(repository, ['append one.txt half\ngate go\nappend one.txt rest', '']);
    const shell = shellInTerminal(world, repository);
    shell.type('locus run --sprint S &');
    await until('the agent works', async () => (await repository.agentLog())[0], 40);
    shell.press('ctrl-c');
    await until('the prompt is back', () => /\^C[\s\S]*bash-/.test(shell.text()));
    await repository.openGate('go');
    shell.type('wait %1; echo "exit code $?"');
    await until('the shell says how it ended', () => /exit code (?=\d)/.exec(shell.text()), 40);
    expect(shell.text()).toContain('finished: 2 of 2 tasks done');
    expect(shell.text()).toContain('exit code 0');
    expect(shell.text()).not.toContain('Stopped');
    shell.type('exit');
    await shell.ended;
    expect(await repository.agentStarts()).toEqual([1, 2]);
    expect(await repository.gitRemote('show', 'locus/sprint-s:one.txt')).toBe('half\nrest');
  },
  120_000,
);
