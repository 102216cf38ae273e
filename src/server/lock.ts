import { randomBytes } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process.ts';

/** A takeover is a few file operations long: older than this, its owner was killed in the middle of it. */
const takeoverMs = 10_000;

/**
 * Takes the lock for this process; null while another living process holds it. A lock whose process is gone, also when
 * its pid belongs to another one by now, is taken over. The answer gives the lock back.
 */
export async function takeLock(file: string): Promise<(() => Promise<void>) | null> {
  const self = await identify(process.pid);
  if (self === null) throw new Error('this process cannot be identified');
  const release = async () => {
    const holder = await holderOf(file);
    if (holder?.pid === self.pid && holder.started === self.started) await rm(file, { force: true });
  };
  if (await createWhole(file, self)) return release;
  if (await isAlive(await holderOf(file))) return null;
  return (await takeOver(file, self)) ? release : null;
}

/** The process that a lock names, living or not. */
export async function holderOf(file: string): Promise<ProcessIdentity | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}

/** Two processes may see the same dead holder: without this second lock, the later one would remove the earlier one's. */
async function takeOver(file: string, self: ProcessIdentity): Promise<boolean> {
  const takeover = `${file}.takeover`;
  for (let tries = 0; !(await createWhole(takeover, self)); tries += 1) {
    const age = Date.now() - ((await stat(takeover).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > takeoverMs) await rm(takeover, { force: true });
    if (tries > 40) return false;
    await sleep(25);
  }
  try {
    if (await isAlive(await holderOf(file))) return false;
    await rm(file, { force: true });
    return await createWhole(file, self);
  } finally {
    await rm(takeover, { force: true });
  }
}

/** Exclusive create with its content in one step, so that nobody reads an empty lock. */
async function createWhole(file: string, self: ProcessIdentity): Promise<boolean> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
