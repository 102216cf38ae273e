import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';

/**
 * What Node's promises of the same names do, done at once: by way of its thread pool a look at a small local file takes
 * ten times as long, and each task has a hundred of them. For small files and single folders alone, as the whole process
 * waits meanwhile.
 */

export async function lstat(path: fs.PathLike): Promise<fs.Stats> {
  return fs.lstatSync(path);
}

export async function stat(path: fs.PathLike): Promise<fs.Stats> {
  return fs.statSync(path);
}

export async function access(path: fs.PathLike, mode?: number): Promise<void> {
  fs.accessSync(path, mode);
}

export async function readdir(path: fs.PathLike): Promise<string[]> {
  return fs.readdirSync(path);
}

/** Of a file alone: a pipe that somebody put there would be waited for, by everybody. */
export async function readFile(path: fs.PathLike, encoding: BufferEncoding): Promise<string> {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    if (!fs.fstatSync(file).isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'EISDIR' });
    return fs.readFileSync(file, encoding);
  } finally {
    fs.closeSync(file);
  }
}

export async function writeFile(
  path: fs.PathLike,
  content: string | Uint8Array,
  options?: { readonly flag?: string; readonly mode?: number },
): Promise<void> {
  fs.writeFileSync(path, content, options);
}

export async function copyFile(from: fs.PathLike, to: fs.PathLike): Promise<void> {
  fs.writeFileSync(to, await readFile(from, 'latin1'), 'latin1');
}

export async function rename(from: fs.PathLike, to: fs.PathLike): Promise<void> {
  fs.renameSync(from, to);
}

export async function link(from: fs.PathLike, to: fs.PathLike): Promise<void> {
  fs.linkSync(from, to);
}

export async function mkdir(
  path: fs.PathLike,
  options: { readonly recursive: true; readonly mode?: number },
): Promise<void> {
  fs.mkdirSync(path, options);
}

export async function realpath(path: fs.PathLike): Promise<string> {
  return fs.realpathSync.native(path);
}

/** Removes a file, also where there is none; whatever else is there goes in its own time. */
export async function rm(path: fs.PathLike, options: fs.RmOptions = {}): Promise<void> {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && options.force) return;
    await promises.rm(path, options);
  }
}
