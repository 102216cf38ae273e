import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { LocusFailure } from '../domain/failures.ts';

/** The folder that holds the server's data, attempts and sockets of this user; made, for the user alone, where it is missing. */
export async function stateDir(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const dir = path.resolve(
    env.LOCUS_STATE_DIR || path.join(env.XDG_STATE_HOME || home(env, '.local', 'state'), 'locus'),
  );
  try {
    await makeFolder(dir);
    await chmod(dir, 0o700);
  } catch (error) {
    throw new LocusFailure(
      'ServerUnavailable',
      `the state directory ${dir} cannot be used: ${(error as Error).message}`,
      { remedy: 'make it writable, or name another one with LOCUS_STATE_DIR' },
      error,
    );
  }
  return dir;
}

/** Where the downloaded or built Temporal program is kept. Not made here. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env.XDG_CACHE_HOME || home(env, '.cache'), 'locus');
}

/** This host's stable random name, for example `build-box-3fa9c1`; made at the first call. */
export async function hostId(stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'host-id');
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null) return known.trim();
  const slug = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${slug || 'host'}-${randomBytes(3).toString('hex')}\n`, { mode: 0o600 });
  // A link appears whole or not at all: of two processes that start at once, one wins and both read its name.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { force: true });
  return (await readFile(file, 'utf8')).trim();
}

// Node's own `recursive` never ends where a file system has the parent and still refuses the folder, as /proc does.
async function makeFolder(dir: string): Promise<void> {
  if (await isFolder(dir)) return;
  if (path.dirname(dir) !== dir) await makeFolder(path.dirname(dir));
  await mkdir(dir, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(dir))) throw error;
  });
}

async function isFolder(dir: string): Promise<boolean> {
  return stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function home(env: NodeJS.ProcessEnv, ...rest: string[]): string {
  return path.join(env.HOME || homedir(), ...rest);
}
