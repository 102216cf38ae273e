import { join } from 'node:path';
import { lstat, readFile, realpath } from '../disk/at-once.ts';
import type { Repository } from '../domain/workspace.ts';
import { soFar } from './diff.ts';
import { knownSubjects, mostSubjects, noteSubjects } from './known.ts';
import { isHash } from './refs.ts';
import { git, type Place, tryGit } from './run.ts';
import { topLevelOf } from './top-level.ts';

export interface RepositoryContext {
  /** `.locus/LOCUS.md` of the base, else of the person's checkout; null where there is none. */
  readonly instructions: string | null;
  /** base..commit, bounded; empty where it was not asked for. */
  readonly diff: string;
  readonly topLevel: readonly string[];
  /** Subjects, newest first. */
  readonly recentCommits: readonly string[];
}

/** What a prompt tells an agent about the repository. Changes nothing. */
export async function readContext(
  repository: Repository,
  at: { readonly base: string; readonly commit: string; readonly checkout: string | null; readonly withDiff: boolean },
): Promise<RepositoryContext> {
  const place = { commonDir: repository.commonDir };
  const [instructions, diff, topLevel, subjects] = await Promise.all([
    readInstructions(place, at),
    at.withDiff ? soFar(repository, at.base, at.commit) : '',
    topLevelOf(place, at.commit),
    recentSubjects(place, at.commit),
  ]);
  return { instructions, diff, topLevel: topLevel.slice(0, 200), recentCommits: subjects.filter(Boolean) };
}

async function recentSubjects(place: Place, commit: string): Promise<readonly string[]> {
  const known = knownSubjects(commit);
  if (known !== undefined) return known;
  const found = (await git(place, ['log', `-${mostSubjects}`, '--format=%s', commit])).split('\n');
  if (isHash(commit)) noteSubjects(commit, found);
  return found;
}

const longestInstructions = 1024 * 1024;
const mostCommits = 50;
/** Of a `cat-file` that finds no such path. */
const missingExitCode = 128;

/** By repository and commit; null: that commit has none. */
const committed = new Map<string, string | null>();

/**
 * From the base, not from the branch or a work tree: an agent must not write the instructions of the next one, nor make
 * them a link to what it may not read. A file that was never committed is taken from the person's own checkout.
 */
async function readInstructions(place: Place, at: { readonly base: string; readonly checkout: string | null }) {
  const ofBase = await committedInstructions(place, at.base);
  if (ofBase !== null || at.checkout === null) return ofBase;
  const file = join(at.checkout, '.locus', 'LOCUS.md');
  const found = await lstat(file).catch(() => null);
  const inPlace = (await realpath(file).catch(() => null)) === file;
  return inPlace && found?.isFile() && found.size < longestInstructions ? readFile(file, 'utf8') : null;
}

/** What a commit holds never changes; the base is the same for many tasks. */
async function committedInstructions(place: Place, commit: string): Promise<string | null> {
  const key = `${place.commonDir}\0${commit}`;
  const known = committed.get(key);
  if (known !== undefined) return known;
  const found = await tryGit(place, ['cat-file', 'blob', `${commit}:.locus/LOCUS.md`]);
  const text = found.exitCode === 0 ? found.stdout : null;
  // Killed, or ended by us, it has said nothing.
  if (found.exitCode !== 0 && found.exitCode !== missingExitCode) return null;
  if (committed.size >= mostCommits) committed.clear();
  committed.set(key, text);
  return text;
}
