import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../domain/workspace.ts';
import { soFar } from './diff.ts';
import { git } from './run.ts';

export interface RepositoryContext {
  /** `.locus/LOCUS.md` as it is at that commit or in that folder; null where there is none. */
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
  at: { readonly folder: string; readonly base: string; readonly commit: string },
): Promise<RepositoryContext> {
  const place = { commonDir: repository.commonDir };
  const [instructions, diff, names, subjects] = await Promise.all([
    readFile(join(at.folder, '.locus', 'LOCUS.md'), 'utf8').catch(() => null),
    soFar(repository, at.base, at.commit),
    git(place, ['ls-tree', '-z', '--name-only', at.commit]),
    git(place, ['log', '-10', '--format=%s', at.commit]),
  ]);
  const topLevel = names.split('\0').filter((name) => name !== '');
  return { instructions, diff, topLevel: topLevel.slice(0, 200), recentCommits: subjects.split('\n').filter(Boolean) };
}
