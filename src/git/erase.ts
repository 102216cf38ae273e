import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes a folder with all it holds; folders in it that are read-only, such as those of Go's module cache, too. */
export async function erase(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await makeWritable(path);
    await remove();
  }
}

/** Lets its owner write in a folder and in all below it. Links are not followed. */
export async function makeWritable(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isDirectory()) return;
  if ((found.mode & 0o700) !== 0o700) await chmod(path, found.mode | 0o700);
  for (const name of await readdir(path)) await makeWritable(join(path, name));
}
