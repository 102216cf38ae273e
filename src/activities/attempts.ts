import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listLiveAttempts } from '../agents/host/live.ts';
import { erase } from '../git/erase.ts';
import type { Dependencies } from './deps.ts';
import { attemptDir } from './repository.ts';

const runFile = 'run';
const dayMs = 24 * 60 * 60_000;

/** Of ended runs, the folders of the latest attempts are kept for a while: `locus logs` reads them. */
const newestKept: number = 200;
const daysKept: number = 14;

/** Notes which run an attempt belongs to. Its folder must be there. */
export async function noteRunOfAttempt(stateDir: string, attemptId: string, runId: string): Promise<void> {
  await writeFile(path.join(attemptDir(stateDir, attemptId), runFile), `${runId}\n`, { mode: 0o600 });
}

/**
 * Removes folders of attempts that nobody needs any more: never one whose agent lives or whose run goes on. Answers
 * their names.
 */
export async function pruneAttempts(
  { stateDir, isRunOpen }: Pick<Dependencies, 'stateDir' | 'isRunOpen'>,
  { newest = newestKept, days = daysKept, now = Date.now() } = {},
): Promise<string[]> {
  const folder = path.dirname(attemptDir(stateDir, 'any'));
  const live = new Set(await listLiveAttempts(folder));
  const found = (await attemptsIn(folder)).filter(({ name }) => !live.has(name)).sort((a, b) => b.at - a.at);
  const open = new Map<string, boolean>();
  const removed: string[] = [];
  for (const [index, { name, at }] of found.entries()) {
    if (index < newest && now - at < days * dayMs) continue;
    const runId = (await readFile(path.join(folder, name, runFile), 'utf8').catch(() => '')).trim();
    if (runId !== '' && !open.has(runId)) open.set(runId, await isRunOpen(runId));
    if (open.get(runId)) continue;
    await erase(path.join(folder, name));
    removed.push(name);
  }
  return removed;
}

/** With the time at which each was last written to, in epoch milliseconds. */
async function attemptsIn(folder: string): Promise<{ readonly name: string; readonly at: number }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory());
  return Promise.all(
    folders.map(async ({ name }) => {
      const files = ['', 'events.ndjson', 'exit.json'].map((file) =>
        stat(path.join(folder, name, file)).catch(() => null),
      );
      return { name, at: Math.max(...(await Promise.all(files)).map((each) => each?.mtimeMs ?? 0)) };
    }),
  );
}
