import { join } from 'node:path';
import { readdir } from '../disk/at-once.ts';
import type { Workspace } from '../domain/workspace.ts';
import { isOfOperation, operationOf } from './operation.ts';
import { placeOf } from './place.ts';
import { tryGit } from './run.ts';

/** They stop with commits still to come, which HEAD does not have. */
const withMoreToCome = ['rebase-merge', 'rebase-apply', 'sequencer', 'BISECT_LOG'];

/**
 * The git command that an agent has left in its middle: HEAD is not where its work ends, or files hold both sides of a
 * conflict. null for none; a merge that waits for no more than its commit is work like any other.
 */
export async function halfDone(workspace: Workspace): Promise<string | null> {
  const folder = workspace.adminDir ?? workspace.repository.commonDir;
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const stopped = withMoreToCome.find((name) => names.includes(name));
  if (stopped !== undefined) return operationOf(stopped);
  // Each agent's start and end passes here, and almost none of them has begun anything.
  if (!names.some(isOfOperation)) return null;
  const place = await placeOf(workspace);
  // Its index, not ours; of a damaged one nobody knows.
  const unmerged = await tryGit({ ...place, indexFile: join(folder, 'index') }, ['ls-files', '--unmerged', '-z']);
  if (unmerged.exitCode === 0 && unmerged.stdout === '') return null;
  return names.map(operationOf).find((operation) => operation !== null) ?? 'merge';
}
