import { join } from 'node:path';
import { copyFile, rm } from '../disk/at-once.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { keepFile, makeFolder } from './place.ts';

/** A git folder of our own for a workspace, which no agent can write to, with its HEAD at a commit or on the branch. */
export async function ownGitDir({ repository, name, branch }: Workspace, at: string | 'branch'): Promise<string> {
  const [atCommit, onBranch] = ownGitDirs(repository, name);
  const folder = await makeFolder(at === 'branch' ? onBranch : atCommit);
  // A sparse checkout is told here, and files outside of it would count as unchanged.
  const settings = join(folder, 'config.worktree');
  await copyFile(join(repository.commonDir, 'config.worktree'), settings).catch(() => rm(settings, { force: true }));
  // By it alone git finds branches; the environment names the folder of all else.
  if (at === 'branch') await keepFile(join(folder, 'commondir'), `${repository.commonDir}\n`);
  await keepFile(join(folder, 'HEAD'), at === 'branch' ? `ref: refs/heads/${branch}\n` : `${at}\n`);
  return folder;
}

export function ownGitDirs({ privateDir }: Repository, name: string): readonly [string, string] {
  return [join(privateDir, 'heads', name), join(privateDir, 'on-branch', name)];
}
