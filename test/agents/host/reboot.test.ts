import { statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { judge } from '../../../src/activities/judge.ts';
import { command } from '../../../src/agents/command/command.ts';
import { endAgent } from '../../../src/agents/host/end.ts';
import { readStarted } from '../../../src/agents/host/files.ts';
import { followAttempt } from '../../../src/agents/host/follow.ts';
import { attemptsFolder, until } from '../../support/agents/attempt.ts';

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
let folder: Awaited<ReturnType<typeof attemptsFolder>>;
beforeEach(async () => {
  folder = await attemptsFolder();
});
afterEach(() => folder.dispose());

test.each([
  ['without a word', null],
  ['with TERM', { code: 143, reason: 'exited' }],
])('an agent that a reboot took along, %s, uses up no attempt', async (_how, exit) => {
  const { dir } = await folder.start(['say hi', 'hang']);
  await until('the agent speaks', () => sizeOf(path.join(dir, 'events.ndjson')) > 0);
  const started = await readStarted(dir);
  await endAgent(dir);
  await rm(path.join(dir, 'exit.json'));
  await writeFile(path.join(dir, 'started'), JSON.stringify({ ...started, bootId: 'another boot' }));
  if (exit) await writeFile(path.join(dir, 'exit.json'), JSON.stringify(exit));
  const end = await followAttempt(dir, { agent: command });
  expect(end).toMatchObject({ outcome: 'rebooted', answer: 'hi' });
  expect(judge('command', end)).toEqual({ outcome: 'ended' });
});
