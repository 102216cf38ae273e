import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const mostBytes = 16_384;

/**
 * The text of a small regular file; null where there is none, or a folder; undefined: something else, or a larger one.
 * Read at once: by way of the thread pool the many looks of a task took a third of a worker's time. An agent may have put
 * a link or a pipe there: the one is not followed, the other not waited for.
 */
export function readSmall(path: string): string | null | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
  try {
    const found = fstatSync(file);
    if (found.isDirectory()) return null;
    if (!found.isFile() || found.size > mostBytes) return undefined;
    const bytes = Buffer.alloc(found.size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, found.size, 0));
  } finally {
    closeSync(file);
  }
}
