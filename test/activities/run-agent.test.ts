import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { runAgent } from '../../src/activities/agent.ts';
import { beating } from '../../src/activities/border.ts';
import type { AttemptRequest, AttemptResult } from '../../src/activities/contract.ts';
import { endAllAgents } from '../../src/agents/host/end.ts';
import type { RunSettings } from '../../src/domain/settings.ts';
import { type Fixture, makeFixture, open, removeFolders, write } from '../git/support.ts';
import { isRunning, scripted } from '../support/agents/attempt.ts';
import { settingsOf } from '../workflows/settings.ts';
import { depsOf, runOf } from './support.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(() => endAllAgents(join(fixture.stateDir, 'attempts')));
afterAll(removeFolders);

const raw = (message: unknown) => `raw ${JSON.stringify(message)}\\n`;

const pidIn = (file: string) => Number(readFileSync(file, 'utf8').split(' ')[0]);

/** One attempt of a scripted `claude`, in an activity whose heartbeats are counted. */
async function attempt(
  directives: readonly string[],
  { allowanceUsd = null, agent = {} }: { allowanceUsd?: number | null; agent?: Partial<RunSettings['agent']> } = {},
) {
  const { workspace, tip } = await open(fixture);
  const { stateDir } = fixture;
  const script = `#!/bin/sh\nLOCUS_FAKE_PROVIDER=claude exec "${process.execPath}" "${scripted}" "$@"\n`;
  write(stateDir, { prompt: directives.join('\n'), 'bin/claude': script });
  chmodSync(join(stateDir, 'bin/claude'), 0o755);
  const env = { PATH: `${join(stateDir, 'bin')}:${process.env.PATH}`, HOME: stateDir };
  const deps = depsOf(fixture, { secrets: async () => ({ token: null, env }) });
  const run = runOf(fixture, { settings: { ...settingsOf(agent, true), provider: 'claude', model: 'm' } });
  const task = { issue: 1, title: 'One', order: null, commitType: 'feat', branch: 'locus/issue-1', committed: null };
  const request: AttemptRequest = {
    ...{ task, workspace, allowanceUsd, attemptId: 'attempt-1', session: null, startCommit: tip },
    ...{ promptFile: join(stateDir, 'prompt'), deadline: Math.round(Date.now() / 1000) + 60 },
  };
  const activity = new MockActivityEnvironment();
  const beats: unknown[] = [];
  activity.on('heartbeat', (details: unknown) => beats.push(details));
  const result: AttemptResult = await activity.run(() => beating((beat) => runAgent(deps, run, request, beat)));
  const agentPid = pidIn(join(stateDir, 'attempts/attempt-1/agent'));
  return { result, beats, workspace, agentPid };
}

const prices = { m: { inputUsd: 1, cachedInputUsd: 1, outputUsd: 1 } };
const costsTwo = raw({
  type: 'assistant',
  message: { id: 'a', model: 'm', content: [], usage: { input_tokens: 2e6 } },
});

test('an agent that has cost its allowance is ended, and what it made is left for the workflow to keep', async () => {
  const directives = ['write begun.txt x', costsTwo, 'hang'];
  const { result, workspace, agentPid } = await attempt(directives, { allowanceUsd: 2, agent: { prices } });
  expect(result).toMatchObject({ outcome: 'overspent', session: expect.stringMatching(/^session-/) });
  expect(result.costUsd).toBeCloseTo(2, 4);
  expect(isRunning(agentPid)).toBe(false);
  expect(existsSync(join(workspace.path, 'begun.txt'))).toBe(true);
});

test('one that was done when its cost was told has done its work', async () => {
  const { result } = await attempt(['write done.txt x'], { allowanceUsd: 0.4 });
  expect(result).toMatchObject({ outcome: 'done', costUsd: 0.5, summary: 'All done.' });
});

test('one that meets its account’s limit is told of as such, with its session', async () => {
  const until = Math.floor(Date.now() / 1000) + 3600;
  const event = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: until } };
  const text = "You've hit your session limit · resets 3pm (America/New_York)";
  const refused = { type: 'result', is_error: true, api_error_status: 429, result: text, total_cost_usd: 0.125 };
  const { result } = await attempt([raw(event), raw(refused), 'exit 1']);
  expect(result).toMatchObject({ outcome: 'limited', until: until * 1000, costUsd: 0.125 });
  expect(result).toMatchObject({ session: expect.any(String), failure: { type: 'UsageLimitReached' } });
});

test('one that says nothing for too long is ended with its whole group; heartbeats came before its first words', async () => {
  const agent = { stallMinutes: 2.5 / 60 };
  const { result, beats, agentPid, workspace } = await attempt(['linger child', 'hang'], { agent });
  const child = pidIn(join(workspace.path, 'child'));
  expect(result).toMatchObject({ outcome: 'failed', failure: { type: 'AgentStalled' }, retry: true, killed: false });
  expect([agentPid, child].map(isRunning)).toEqual([false, false]);
  expect(beats[0]).toMatchObject({ activity: null });
  expect(beats.length).toBeGreaterThanOrEqual(3);
});
