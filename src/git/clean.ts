import { dirname, join } from 'node:path';
import { lstat, readdir, readFile, rm } from '../disk/at-once.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { makeWritable } from './erase.ts';
import { alone } from './lock.ts';
import type { Look } from './look.ts';
import { isOfOperation } from './operation.ts';
import { broken, makeFolder, placeOf, type TreePlace, writeHead } from './place.ts';
import { git, tryGit } from './run.ts';
import { giveIndex, repairLinks } from './worktree.ts';

/**
 * Puts tree, index and HEAD exactly at `commit`: changes, untracked files and planted repositories go, ignored files
 * stay. Whatever an agent left in the worktree's own git folder (hooks, configuration, a half-done rebase) goes too.
 * `look`: what was just seen in it beside that commit's files.
 */
export async function cleanWorkspace(workspace: Workspace, commit: string, look?: Look): Promise<void> {
  const isClean = look?.paths.length === 0 && !look.doubtful;
  if (!isClean) await assertCommit(workspace, commit);
  const place = await placeOf(workspace);
  await takeBranchBack(workspace, commit);
  await emptyAdminDir(workspace);
  await writeHead(workspace, commit);
  if (!isClean) await resetTree(workspace, place, commit);
  // Pipes, sockets and half repositories are no files to a look, and go all the same.
  if (!isClean || (await tryGit(place, ['clean', '-ffdq'])).exitCode !== 0) await removeUntracked(workspace, place);
  await giveIndex(workspace);
}

async function assertCommit(workspace: Workspace, commit: string): Promise<void> {
  if ((await resolveCommit(workspace.repository, commit)) !== commit) throw broken(workspace, `${commit} is no commit`);
}

// In root mode HEAD is on the branch. In a worktree it is only where an agent without a sandbox put it there, and then
// its commits moved the branch.
async function takeBranchBack(workspace: Workspace, commit: string): Promise<void> {
  const { repository, branch, adminDir } = workspace;
  const ref = `refs/heads/${branch}`;
  const head = await readFile(join(adminDir ?? repository.commonDir, 'HEAD'), 'utf8').catch(() => '');
  const attached = head.trim() === `ref: ${ref}`;
  if (adminDir !== null && !attached) return;
  await alone(repository.commonDir, async () => {
    await git(repository, ['update-ref', '-m', 'locus: cleaned', ref, commit]);
    if (!attached) await git(repository, ['symbolic-ref', '-m', 'locus: cleaned', 'HEAD', ref]);
  });
}

/** Removes the locks that the git of a killed agent has left in its worktree: the next agent could not commit. */
export async function removeAgentLocks(workspace: Workspace): Promise<void> {
  const { adminDir } = workspace;
  if (adminDir === null) return;
  const names = await readdir(adminDir).catch(() => null);
  if (names === null) throw broken(workspace, 'its git folder is gone');
  const locks = names.filter((name) => name.endsWith('.lock'));
  for (const name of locks) await rm(join(adminDir, name), { recursive: true, force: true });
}

async function emptyAdminDir(workspace: Workspace): Promise<void> {
  const { adminDir, path } = workspace;
  if (adminDir === null) return endOperations(workspace.repository);
  const found = await lstat(adminDir).catch(() => null);
  if (!found?.isDirectory()) throw broken(workspace, 'its git folder is gone');
  const kept = ['commondir', 'gitdir', 'HEAD'];
  const planted = (await readdir(adminDir)).filter((name) => !kept.includes(name));
  await Promise.all(planted.map((name) => rm(join(adminDir, name), { recursive: true, force: true })));
  await repairLinks(path, adminDir);
}

// In a checkout whose changes are all ours, what is half done is an agent's as well.
async function endOperations({ commonDir }: Repository): Promise<void> {
  const left = (await readdir(commonDir)).filter(isOfOperation);
  for (const name of left) await rm(join(commonDir, name), { recursive: true, force: true });
}

async function resetTree(workspace: Workspace, place: TreePlace, commit: string): Promise<void> {
  if (workspace.indexFile !== null) await makeFolder(dirname(workspace.indexFile));
  const reset = await tryGit(place, ['read-tree', '--reset', '-u', commit], { timeoutMs: 600_000 });
  if (reset.exitCode === 0) return;
  // A damaged index of ours is made anew from the commit; then every file is compared.
  if (workspace.indexFile !== null) await rm(workspace.indexFile, { force: true });
  await git(place, ['read-tree', '--reset', '-u', commit], { timeoutMs: 600_000 });
}

/** Removes what git does not track; what is ignored stays. */
async function removeUntracked(workspace: Workspace, place: TreePlace): Promise<void> {
  // A person's own ignored files are not ours to judge.
  if (workspace.mode === 'worktree') await removeHidingFiles(place);
  const clean = ['clean', '-ffdq'];
  const shown = async () =>
    git(place, ['ls-files', '--others', '--exclude-standard', '--directory', '-z'], { encoding: 'latin1' });
  // What an untracked .gitignore hid shows once that file is gone.
  for (let pass = 0; pass < 3; pass++) {
    const cleaned = await tryGit(place, clean);
    if (cleaned.exitCode !== 0) await cleanReadOnly(place, await shown());
    if ((await shown()) === '') return;
  }
}

/** What an agent's tools made read-only can be removed all the same. */
async function cleanReadOnly(place: TreePlace, untracked: string): Promise<void> {
  const root = Buffer.from(`${place.workTree}/`);
  for (const path of untracked.split('\0').filter((each) => each.endsWith('/'))) {
    await makeWritable(Buffer.concat([root, Buffer.from(path, 'latin1')]).toString());
  }
  await git(place, ['clean', '-ffdq']);
}

/**
 * A `.gitignore` that ignores itself would hide a failed task's files from the cleaning and from the next commit. Not
 * so in a folder without tracked files that it ignores as a whole, as `.venv` and `.mypy_cache` do: that one is like
 * any other ignored folder, and holds what `workspace.setup` made.
 */
async function removeHidingFiles(place: TreePlace): Promise<void> {
  const latin1 = { encoding: 'latin1' } as const;
  const ignored = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  const hiding = (await git(place, ignored, latin1))
    .split('\0')
    .filter((path) => path === '.gitignore' || path.endsWith('/.gitignore'));
  if (hiding.length === 0) return;
  const tracked = (await git(place, ['ls-files', '-z'], latin1)).split('\0');
  for (const path of hiding) {
    const folder = path.slice(0, -'.gitignore'.length);
    const file = Buffer.from(`${Buffer.from(place.workTree).toString('latin1')}/${path}`, 'latin1');
    const isOwnFolder = folder !== '' && !tracked.some((other) => other.startsWith(folder));
    if (!isOwnFolder || !(await ignoresAll(file))) await rm(file);
  }
}

async function ignoresAll(file: Buffer): Promise<boolean> {
  const found = await lstat(file).catch(() => null);
  if (!found?.isFile() || found.size > 16_384) return false;
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  return lines.includes('*') && !lines.some((line) => line.startsWith('!'));
}
