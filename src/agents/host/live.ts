import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readStarted, type StartedFile } from './files.ts';
import { attemptsByPid, bootId, findProcess } from './processes.ts';

/** Whether the very process that claimed an attempt runs, and not one that was given its pid later. */
export async function isLive(started: StartedFile): Promise<boolean> {
  if (started.pid <= 0 || started.bootId !== (await bootId())) return false;
  const found = await findProcess(started.pid);
  return found !== null && found.startTime === started.startTime;
}

/** Ids of the attempts in a folder whose host, or anything they have started, runs on this machine. */
export async function listLiveAttempts(attemptsDir: string): Promise<string[]> {
  const entries = await readdir(attemptsDir, { withFileTypes: true }).catch(() => []);
  const running = new Set((await attemptsByPid()).values());
  const live: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    if (running.has(entry.name) || (await isHostLive(path.join(attemptsDir, entry.name)))) live.push(entry.name);
  }
  return live.sort();
}

async function isHostLive(dir: string): Promise<boolean> {
  const started = await readStarted(dir);
  return started !== null && (await isLive(started));
}
