import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../domain/workspace.ts';
import { isAncestor } from './branches.ts';
import { alone } from './lock.ts';
import { pipeGit } from './pipe.ts';
import { broken, placeOf } from './place.ts';
import { tryGit } from './run.ts';

/**
 * Brings the commits that an agent made between `start` and `head` into the repository. Each object is hashed and
 * checked anew on its way in; nothing of the agent's object folder is used afterwards.
 */
export async function importCommits(
  workspace: Workspace,
  range: { readonly start: string; readonly head: string; readonly objectsDir: string | null },
): Promise<void> {
  const { repository } = workspace;
  const { start, head, objectsDir } = range;
  if (head === start) return;
  const foreign = objectsDir !== null && (await lstat(objectsDir).catch(() => null)) !== null;
  if (foreign && !(await isWhole(workspace, head))) {
    await assertPlainFiles(workspace, objectsDir);
    await copyObjects(workspace, objectsDir, head);
  }
  if (!(await isWhole(workspace, head)))
    throw broken(workspace, `the commit ${head} that the agent left is incomplete`);
  if (await isAncestor(repository, start, head)) return;
  throw broken(workspace, `the agent rewrote commits: ${head} does not follow ${start}`);
}

async function copyObjects(workspace: Workspace, objectsDir: string, head: string): Promise<void> {
  const { commonDir } = await placeOf(workspace);
  const theirs = { commonDir, objectsDir };
  const found = await tryGit(theirs, ['cat-file', '-e', `${head}^{commit}`]);
  if (found.exitCode !== 0) throw broken(workspace, `the commit ${head} that the agent left as HEAD does not exist`);
  // Other worktrees' HEADs are the agents' to write: they must not count as what we have.
  const missing = ['pack-objects', '--quiet', '--revs', '--stdout', '--no-reuse-delta'];
  const input = `${head}\n--not\n${await ourTips(commonDir)}`;
  await alone(commonDir, () =>
    pipeGit(
      { place: theirs, args: missing },
      { place: { commonDir }, args: ['unpack-objects', '-q', '--strict'] },
      input,
    ),
  );
}

async function ourTips(commonDir: string): Promise<string> {
  const listed = await tryGit({ commonDir }, ['for-each-ref', '--format=%(objectname)', 'refs/heads', 'refs/remotes']);
  return `${[...new Set(listed.stdout.split('\n'))].filter((hash) => hash !== '').join('\n')}\n`;
}

/** Whether the repository has the commit and all it leads to that no branch has. */
async function isWhole(workspace: Workspace, head: string): Promise<boolean> {
  const { commonDir } = workspace.repository;
  const tips = ['--not', '--branches', '--remotes'];
  const walked = await tryGit({ commonDir }, ['rev-list', '--objects', '--quiet', head, ...tips]);
  return walked.exitCode === 0;
}

// A link or an `alternates` file would let an agent draw another repository's objects into this one.
async function assertPlainFiles(workspace: Workspace, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const isAlternate = entry.name === 'alternates' || entry.name === 'http-alternates';
    if (isAlternate || (!entry.isFile() && !entry.isDirectory())) {
      throw broken(workspace, `the agent's objects refer to something outside (${entry.name})`);
    }
    if (entry.isDirectory()) await assertPlainFiles(workspace, path);
  }
}
