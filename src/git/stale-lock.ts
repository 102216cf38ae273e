import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';

/** A git that works keeps a lock for moments; the longest that we know of, packing all refs, for less than this. */
const longestHeldMs = 10 * 60_000;

/**
 * Removes the lock file that git's words name, where its owner is surely dead: it is older than the machine's start, or
 * older than ten minutes while no git runs here at all. Answers whether it is gone.
 */
export async function removeStaleLock(stderr: string): Promise<boolean> {
  const path = /Unable to create '(.+\.lock)'/.exec(stderr)?.[1];
  if (path === undefined) return false;
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return false;
  const age = Date.now() - found.mtimeMs;
  if (age < uptime() * 1000 && (age < longestHeldMs || (await isGitRunning()))) return false;
  await rm(path, { force: true });
  return true;
}

async function isGitRunning(): Promise<boolean> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')));
  // Where processes cannot be listed, one may run.
  return pids.length === 0 || names.some((name) => /^git\b/.test(name));
}
