import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import { errnoOf } from './errno.ts';
import { configFile, parseConfig, readRawConfig } from './load.ts';

/** Keys with their section, such as `sprint.active`; undefined takes a key out. */
export type ConfigChange = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/**
 * Sets single keys and keeps all others, also the unknown ones. Answers whether the file had to change; the result is
 * checked before it is written.
 */
export async function saveConfig(root: string, change: ConfigChange): Promise<boolean> {
  const before = await readRawConfig(root);
  const after = structuredClone(before ?? {});
  for (const [key, value] of Object.entries(change)) setKey(after, key.split('.'), value);
  if (before !== null && JSON.stringify(before) === JSON.stringify(after)) return false;
  const text = `${JSON.stringify(after, null, 2)}\n`;
  parseConfig(text);
  await replaceFile(join(root, configFile), text);
  return true;
}

function setKey(config: Record<string, unknown>, path: readonly string[], value: ConfigChange[string]): void {
  const [name = '', ...rest] = path;
  if (rest.length > 0) {
    const inner = config[name];
    const section: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {};
    config[name] = section;
    setKey(section, rest, value);
  } else if (value === undefined) delete config[name];
  else config[name] = value;
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const code = errnoOf(error);
    throw new LocusFailure(
      'ConfigInvalid',
      `${configFile} cannot be written (${code})`,
      { remedy: 'make the folder .locus writable' },
      error,
    );
  }
}
