import { existsSync, readFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { followAttempt } from '../../../src/agents/host/follow.ts';
import { agentFor } from '../../../src/agents/index.ts';
import { attemptsFolder, isRunning, until } from '../../support/agents/attempt.ts';

const pricing = { model: 'm', prices: { m: { inputUsd: 1, cachedInputUsd: 1, outputUsd: 1 } } };

let folder: Awaited<ReturnType<typeof attemptsFolder>>;
beforeEach(async () => {
  folder = await attemptsFolder();
});
afterEach(() => folder.dispose());

const raw = (message: unknown) => `raw ${JSON.stringify(message)}\\n`;
const message = (id: string, input_tokens: number) =>
  raw({ type: 'assistant', message: { id, model: 'm', content: [], usage: { input_tokens } } });

test('an agent that has cost its allowance while it works is told of, and left alone', async () => {
  const directives = [message('a', 1e6), message('b', 1e6), 'hang'];
  const { dir } = await folder.start(directives, { provider: 'claude' });
  const end = await followAttempt(dir, { agent: agentFor('claude'), pricing, allowanceUsd: 2 });
  expect(end).toMatchObject({ outcome: 'overspent', code: null, report: { costUsd: expect.closeTo(2, 4) } });
  expect(isRunning(Number(readFileSync(path.join(dir, 'agent'), 'utf8')))).toBe(true);
});

test.each([2.5, null])('with an allowance of %s it works on', async (allowanceUsd) => {
  const { dir } = await folder.start([message('a', 1e6), message('b', 1e6)], { provider: 'claude' });
  const end = await followAttempt(dir, { agent: agentFor('claude'), pricing, allowanceUsd });
  // Its own figure takes the place of the estimate.
  expect(end).toMatchObject({ outcome: 'exited', code: 0, report: { costUsd: 0.5 } });
});

test('one that has told of its success is let end, whatever it has cost', async () => {
  const result = raw({ type: 'result', subtype: 'success', is_error: false, result: 'Done.', total_cost_usd: 9 });
  const { dir } = await folder.start([result, 'sleep 500', 'exit 0'], { provider: 'claude' });
  const end = await followAttempt(dir, { agent: agentFor('claude'), pricing, allowanceUsd: 1 });
  expect(end).toMatchObject({ outcome: 'exited', code: 0, report: { costUsd: 9 } });
});

test('codex’s cost is read from its session while it works, without that of earlier starts', async () => {
  const file = path.join(folder.root, 'session.jsonl');
  const total = (at: number, input_tokens: number) =>
    `${JSON.stringify({ timestamp: new Date(at), type: 'event_msg', payload: { type: 'token_count', info: { total_token_usage: { input_tokens } } } })}\n`;
  await writeFile(file, total(Date.now() - 60_000, 5e6));
  const begun = path.join(folder.workspace, 'begun');
  const { dir } = await folder.start(['write begun x', 'hang'], { provider: 'codex' });
  await until('it works', () => existsSync(begun));
  const seen: number[] = [];
  const following = followAttempt(dir, {
    agent: agentFor('codex'),
    pricing,
    allowanceUsd: 3,
    sessionFile: async () => file,
    onProgress: ({ costUsd }) => seen.push(costUsd),
  });
  await appendFile(file, total(Date.now(), 7e6));
  await until('its cost is told', () => seen.includes(2));
  await appendFile(file, total(Date.now(), 8e6));
  expect(await following).toMatchObject({ outcome: 'overspent', report: { costUsd: 3, inputTokens: 3e6 } });
});
