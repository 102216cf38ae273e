import { join } from 'node:path';
import { rm, stat } from '../disk/at-once.ts';
import { readSmall } from '../disk/small-file.ts';
import type { Workspace } from '../domain/workspace.ts';
import { authorEnvironment, type NewCommit, noted } from './commit.ts';
import { alone } from './lock.ts';
import { gitDirOnBranch } from './own-git-dir.ts';
import { placeOf } from './place.ts';
import { tryGit } from './run.ts';

/** Of a larger one git looks at so many files again that three commands take less time than one. */
const largestIndex = 1024 * 1024;
/** Folders of workspaces that had a commit. */
const committed = new Set<string>();
const mostKnown = 10_000;
const options = ['--quiet', '--no-verify', '--no-gpg-sign', '--no-status', '--cleanup=verbatim', '--file=-'];

/**
 * Commits what our index has on the workspace's branch, which is at `head`: one command in place of three. null where git
 * has not done just that, and its words are worth nothing: done piece by piece, it is told what is wrong. So is the first
 * one of a workspace, which is the only one of an issue's: the files that git wants for it cost as much as it saves.
 */
export async function commitIndex(
  workspace: Workspace,
  head: string,
  { message, author }: Pick<NewCommit, 'message' | 'author'>,
): Promise<string | null> {
  const { repository, indexFile, path } = workspace;
  if (isFirst(path)) return null;
  const { size } = indexFile === null ? { size: 0 } : await stat(indexFile);
  if (size === 0 || size > largestIndex) return null;
  const place = { ...(await placeOf(workspace)), gitDir: await gitDirOnBranch(workspace) };
  const log = join(place.gitDir, 'logs', 'HEAD');
  await rm(log, { force: true });
  const args = ['-c', 'user.useConfigOnly=true', '-c', 'core.logAllRefUpdates=true', 'commit', ...options];
  const said = await alone(repository.commonDir, () =>
    tryGit(place, args, { input: message, env: authorEnvironment(author) }),
  );
  const [parent, made = ''] = (readSmall(log) ?? '').split(' ');
  return said.exitCode === 0 && parent === head ? noted(made, { parents: [head], message }) : null;
}

function isFirst(path: string): boolean {
  if (committed.has(path)) return false;
  if (committed.size >= mostKnown) committed.clear();
  committed.add(path);
  return true;
}
