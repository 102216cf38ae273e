import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocusFailure } from '../../domain/failures.ts';
import { createText, readText } from './files.ts';

// Holders work for milliseconds. One that is older was suspended, or its process id went to somebody else.
const staleMs = 30_000;
const patienceMs = 45_000;
const pollMs = 10;

/** Runs `work` while no other process and no other caller in this one holds `file`. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const mine = `${process.pid} ${hostname()} ${randomUUID()}`;
  const deadline = Date.now() + patienceMs;
  while (!(await createText(file, mine))) {
    await breakIfStale(file, mine);
    if (Date.now() > deadline) throw new LocusFailure('TrackerUnavailable', `another process holds ${file}`);
    await sleep(pollMs * (0.5 + Math.random()));
  }
  try {
    return await work();
  } finally {
    // Somebody may have broken it, and hold it now.
    if ((await readText(file)) === mine) await rm(file, { force: true });
  }
}

/** Only who holds the breaking lock removes a stale one, so that nobody removes a fresh one by mistake. */
async function breakIfStale(file: string, mine: string): Promise<void> {
  if (!(await isStale(file))) return;
  const breaking = `${file}.breaking`;
  if (!(await createText(breaking, mine))) {
    if (await isStale(breaking)) await rm(breaking, { force: true });
    return;
  }
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

async function isStale(file: string): Promise<boolean> {
  const content = await readText(file);
  if (content === null) return false;
  const [pid, host] = content.split(' ');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  return age > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
