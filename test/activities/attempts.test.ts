import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { noteRunOfAttempt, pruneAttempts } from '../../src/activities/attempts.ts';
import { attemptsByPid } from '../../src/agents/host/processes.ts';
import { removeFolders, temporaryFolder } from '../git/support.ts';

afterAll(removeFolders);

const now = Date.now();
const stateDir = temporaryFolder();
const folder = join(stateDir, 'attempts');

/** An attempt of a run, last written to so many days ago. */
async function attempt(name: string, run: string | null, daysAgo: number): Promise<void> {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'events.ndjson'), '');
  if (run !== null) await noteRunOfAttempt(stateDir, name, run);
  const at = (now - daysAgo * 24 * 60 * 60_000) / 1000;
  for (const file of ['events.ndjson', '.']) utimesSync(join(folder, name, file), at, at);
}

test('attempts of ended runs go after a while; not those of open runs, those whose agent lives, or the new ones', async () => {
  await attempt('old', 'ended', 20);
  await attempt('of-before', null, 20);
  await attempt('halted-for-long', 'open', 20);
  await attempt('living', 'ended', 20);
  for (const days of [1, 2, 3]) await attempt(`new-${days}`, 'ended', days);
  const agent = spawn('sleep', ['60'], { env: { ...process.env, LOCUS_ATTEMPT: 'living' } });
  try {
    while (![...(await attemptsByPid()).values()].includes('living')) await new Promise((done) => setTimeout(done, 10));
    const asked: string[] = [];
    const isRunOpen = async (runId: string) => {
      asked.push(runId);
      return runId === 'open';
    };
    const removed = await pruneAttempts({ stateDir, isRunOpen }, { newest: 2, days: 14, now });
    expect(removed.sort()).toEqual(['new-3', 'of-before', 'old']);
    expect(asked.sort()).toEqual(['ended', 'open']);
    expect(readdirSync(folder).sort()).toEqual(['halted-for-long', 'living', 'new-1', 'new-2']);
  } finally {
    agent.kill('SIGKILL');
  }
});

test('a host without attempts has nothing to remove', async () => {
  const empty = temporaryFolder();
  expect(await pruneAttempts({ stateDir: empty, isRunOpen: async () => false })).toEqual([]);
  expect(existsSync(join(empty, 'attempts'))).toBe(false);
});
