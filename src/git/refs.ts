import { join } from 'node:path';
import { readFile, stat } from '../disk/at-once.ts';
import { readSmall } from '../disk/small-file.ts';

/** Of a larger one git finds a line faster. */
const largestPacked = 1024 * 1024;

/** Whether it is the full hash of something. */
export function isHash(rev: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(rev);
}

/**
 * The commit that a ref names, null where there is no such ref, read from git's own files: a process for each of the many
 * looks at a branch took most of a task's time. undefined: only git can tell.
 */
export async function readRef(commonDir: string, ref: string): Promise<string | null | undefined> {
  if (!/^refs\/(heads|remotes|locus)\/./.test(ref) || /\.\.|[\s^~:?*[\\]|@\{/.test(ref)) return undefined;
  const loose = readSmall(join(commonDir, ref));
  if (loose === null) return readPacked(commonDir, ref);
  const found = loose?.trim() ?? '';
  return isHash(found) ? found : undefined;
}

async function readPacked(commonDir: string, ref: string): Promise<string | null | undefined> {
  const file = join(commonDir, 'packed-refs');
  const { size, mtimeMs, ino } = await stat(file).catch(() => nothing);
  if (size === 0) return null;
  if (size > largestPacked) return undefined;
  // git replaces the file, and never writes into it.
  const version = `${ino} ${size} ${mtimeMs}`;
  let packed = known.get(commonDir);
  if (packed?.version !== version) {
    packed = { version, hashes: hashesIn(await readFile(file, 'utf8')) };
    known.set(commonDir, packed);
  }
  const found = packed.hashes.get(ref);
  if (found === undefined) return null;
  return isHash(found) ? found : undefined;
}

const nothing = { size: 0, mtimeMs: 0, ino: 0 };
const known = new Map<string, { readonly version: string; readonly hashes: ReadonlyMap<string, string> }>();

function hashesIn(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => !/^[#^]/.test(line));
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]));
}
