import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The absolute path of an executable file, or null. A name with a slash is taken as a path. */
export function findProgram(program: string, searchPath: string | undefined): string | null {
  if (program.includes('/')) return isExecutable(program) ? path.resolve(program) : null;
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    if (path.isAbsolute(folder) && isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    // Most folders do not have it, which is no error here: those cost more than the look.
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
