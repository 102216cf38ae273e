import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lstat, mkdir, readFile } from '../disk/at-once.ts';
import type { Repository } from '../domain/workspace.ts';
import { broken } from './place.ts';

/** Keeps paths out of every commit made in this clone, through its own `info/exclude`. Paths are relative to the root. */
export async function hideFiles(repository: Repository, paths: readonly string[]): Promise<void> {
  await exclude(repository, paths.map(asPattern));
}

/** Keeps our worktrees out of the person's `git status`. */
export async function hideWorktrees(repository: Repository): Promise<void> {
  if (!repository.bare) await exclude(repository, ['.locus/worktrees/']);
}

/** Keeps the numbers of bug sprints that are taken here out of it as well. */
export async function hideClaims(repository: Repository): Promise<void> {
  if (!repository.bare) await exclude(repository, ['.locus/bugs/claims/']);
}

async function exclude(repository: Repository, patterns: readonly string[]): Promise<void> {
  const file = join(repository.commonDir, 'info', 'exclude');
  const folder = await lstat(dirname(file)).catch(() => null);
  if (folder !== null && !folder.isDirectory()) throw broken({ path: file }, 'info is not a folder');
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  const missing = patterns.filter((line) => !text.split('\n').includes(line));
  if (missing.length === 0) return;
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
}

function asPattern(path: string): string {
  return `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}`;
}
