import { join } from 'node:path';
import { copyFile, rm } from '../disk/at-once.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { keepFile, makeFolder } from './place.ts';

/** A git folder of our own for a workspace, which no agent can write to, with its HEAD at the commit. */
export async function gitDirAt({ repository, name }: Workspace, commit: string): Promise<string> {
  const [folder] = ownGitDirs(repository, name);
  return withFiles(repository, folder, { HEAD: commit });
}

/** Another one, with its HEAD on the workspace's branch. */
export async function gitDirOnBranch({ repository, name, branch }: Workspace): Promise<string> {
  const [, folder] = ownGitDirs(repository, name);
  // By `commondir` alone git finds branches; the environment names the folder of all else.
  return withFiles(repository, folder, { commondir: repository.commonDir, HEAD: `ref: refs/heads/${branch}` });
}

async function withFiles({ commonDir }: Repository, folder: string, files: Readonly<Record<string, string>>) {
  await makeFolder(folder);
  // A sparse checkout is told here, and files outside of it would count as unchanged.
  const settings = join(folder, 'config.worktree');
  await copyFile(join(commonDir, 'config.worktree'), settings).catch(() => rm(settings, { force: true }));
  for (const [name, text] of Object.entries(files)) await keepFile(join(folder, name), `${text}\n`);
  return folder;
}

export function ownGitDirs({ privateDir }: Repository, name: string): readonly [string, string] {
  return [join(privateDir, 'heads', name), join(privateDir, 'on-branch', name)];
}
