import { constants } from 'node:fs';
import path from 'node:path';
import { access, stat } from '../disk/at-once.ts';

/** The absolute path of an executable file, or null. A name with a slash is taken as a path. */
export async function findProgram(program: string, searchPath: string | undefined): Promise<string | null> {
  if (program.includes('/')) return (await isExecutable(program)) ? path.resolve(program) : null;
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    if (path.isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
