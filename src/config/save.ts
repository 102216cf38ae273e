import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import { errnoOf } from './errno.ts';
import { configFile, parseConfig, readRawConfig } from './load.ts';

/** Keys with their section, such as `sprint.active`. */
export type ConfigChange = Readonly<Record<string, string | readonly string[] | null>>;

/**
 * Sets single keys and keeps all others, also the unknown ones. Answers whether the file had to change; the result is
 * checked before it is written.
 */
export async function saveConfig(root: string, change: ConfigChange): Promise<boolean> {
  const before = await readRawConfig(root);
  const after = structuredClone(before ?? {});
  for (const [key, value] of Object.entries(change)) setKey(after, key, value);
  if (before !== null && JSON.stringify(before) === JSON.stringify(after)) return false;
  const text = `${JSON.stringify(after, null, 2)}\n`;
  parseConfig(text);
  await replaceFile(join(root, configFile), text);
  return true;
}

function setKey(config: Record<string, unknown>, key: string, value: ConfigChange[string]): void {
  const [section = '', name] = key.split('.');
  if (name === undefined) {
    config[section] = value;
    return;
  }
  const inner = config[section];
  config[section] = { ...(typeof inner === 'object' ? inner : {}), [name]: value };
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
