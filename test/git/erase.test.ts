import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { erase } from '../../src/git/erase.ts';
import { removeFolders, temporaryFolder, write } from './support.ts';

afterAll(removeFolders);

const nobody = 65_534;

/** To root nothing is read-only. */
async function asPerson(folder: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  chmodSync(folder, 0o777);
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

test('folders that were made read-only are removed, and what a link leads to is left alone', async () => {
  const folder = temporaryFolder();
  await asPerson(folder, async () => {
    const attempt = join(folder, 'attempt');
    write(folder, { 'outside/mine.txt': 'mine', 'attempt/cache/mod/a.go': 'package a' });
    symlinkSync(join(folder, 'outside'), join(attempt, 'cache/link'));
    mkdirSync(join(attempt, 'shut'));
    for (const path of ['cache/mod/a.go', 'cache/mod', 'cache', 'shut']) chmodSync(join(attempt, path), 0o500);
    chmodSync(join(folder, 'outside'), 0o500);
    chmodSync(join(attempt, 'shut'), 0);
    await erase(attempt);
    expect(existsSync(attempt)).toBe(false);
    expect(readFileSync(join(folder, 'outside/mine.txt'), 'utf8')).toBe('mine');
    await erase(attempt);
  });
});
