import { lstat, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../domain/workspace.ts';
import { soFar } from './diff.ts';
import { git, type Place, tryGit } from './run.ts';

export interface RepositoryContext {
  /** `.locus/LOCUS.md` of the base, else of the person's checkout; null where there is none. */
  readonly instructions: string | null;
  /** base..commit, bounded. */
  readonly diff: string;
  readonly topLevel: readonly string[];
  /** Subjects, newest first. */
  readonly recentCommits: readonly string[];
}

/** What a prompt tells an agent about the repository. Changes nothing. */
export async function readContext(
  repository: Repository,
  at: { readonly base: string; readonly commit: string; readonly checkout: string | null },
): Promise<RepositoryContext> {
  const place = { commonDir: repository.commonDir };
  const [instructions, diff, names, subjects] = await Promise.all([
    readInstructions(place, at),
    soFar(repository, at.base, at.commit),
    git(place, ['ls-tree', '-z', '--name-only', at.commit]),
    git(place, ['log', '-10', '--format=%s', at.commit]),
  ]);
  const topLevel = names.split('\0').filter((name) => name !== '');
  return { instructions, diff, topLevel: topLevel.slice(0, 200), recentCommits: subjects.split('\n').filter(Boolean) };
}

const longestInstructions = 1024 * 1024;

/**
 * From the base, not from the branch or a work tree: an agent must not write the instructions of the next one, nor make
 * them a link to what it may not read. A file that was never committed is taken from the person's own checkout.
 */
async function readInstructions(place: Place, at: { readonly base: string; readonly checkout: string | null }) {
  const committed = await tryGit(place, ['cat-file', 'blob', `${at.base}:.locus/LOCUS.md`]);
  if (committed.exitCode === 0) return committed.stdout;
  if (at.checkout === null) return null;
  const file = join(at.checkout, '.locus', 'LOCUS.md');
  const found = await lstat(file).catch(() => null);
  const inPlace = (await realpath(file).catch(() => null)) === file;
  return inPlace && found?.isFile() && found.size < longestInstructions ? readFile(file, 'utf8') : null;
}
