import { join } from 'node:path';
import { readdir, readFile } from '../disk/at-once.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import { resolveCommit } from './branches.ts';
import { writeTree } from './commit.ts';
import { isClean } from './discover.ts';
import { alone } from './lock.ts';
import { operationOf } from './operation.ts';
import { placeOf } from './place.ts';
import { git, tryGit } from './run.ts';

/**
 * Refuses a checkout that cannot be worked in, before anything is made for it. Whatever is not committed in it counts
 * as the person's, on our branch too: they may have worked there while the run was halted.
 */
export async function assertRootFree(repository: Repository, branch: string): Promise<void> {
  const { root } = repository;
  if (repository.bare) throw new LocusFailure('RepositoryInvalid', `${root} has no checkout to work in`);
  await refuseHalfDone(repository, branch);
  if (await isClean(root)) return;
  const isOurs = (await currentBranch(repository)) === branch;
  if (isOurs && (await isKept(repository, branch))) return;
  throw new LocusFailure('RepositoryInvalid', `${root} has changes that are not committed`, {
    remedy: isOurs
      ? 'commit or stash them, then `locus run --resume`'
      : 'commit or stash them, or set sprint.workspace to "worktree"',
  });
}

/** On our own branch it is an agent's, which is cleaned away with the rest of what it left. */
async function refuseHalfDone(repository: Repository, branch: string): Promise<void> {
  if ((await currentBranch(repository)) === branch) return;
  const [operation] = (await readdir(repository.commonDir)).map(operationOf).filter((name) => name !== null);
  if (operation === undefined) return;
  throw new LocusFailure('RepositoryInvalid', `${repository.root} is in the middle of a ${operation}`, {
    remedy: `finish or abort it (\`git ${operation} --${operation === 'bisect' ? 'reset' : 'abort'}\`), then \`locus run --resume\``,
  });
}

/**
 * Whether the very files are those of a commit that we kept, or that the branch was at: a step of ours that gave them
 * back, or moved the branch, was interrupted. Looks through an index of ours: what the person staged stays staged.
 */
async function isKept(repository: Repository, branch: string): Promise<boolean> {
  const indexFile = join(repository.privateDir, 'index', 'root');
  const path = repository.root;
  const workspace: Workspace = { mode: 'root', repository, name: 'root', path, branch, adminDir: null, indexFile };
  const tip = await resolveCommit(repository, `refs/heads/${branch}`);
  const files = tip && (await writeTree(workspace, tip).catch(() => null));
  if (files === null) return false;
  const kept = await git(repository, ['for-each-ref', '--format=%(tree)', 'refs/locus']);
  const before = await tryGit(repository, ['log', '-g', '-n', '5', '--format=%T', `refs/heads/${branch}`, '--']);
  return `${kept}\n${before.stdout}`.split('\n').includes(files);
}

/** Checks the branch out in the person's own checkout; answers the branch to give back, if any. */
export async function enterRoot(workspace: Workspace, tip: string): Promise<string | null> {
  const current = await currentBranch(workspace.repository);
  if (current === workspace.branch) return null;
  await switchTo(workspace, workspace.branch, tip);
  return current;
}

/** Gives the person's checkout back, on the branch it had. */
export async function leaveRoot(workspace: Workspace, branch: string): Promise<void> {
  if (workspace.mode !== 'root' || (await currentBranch(workspace.repository)) === branch) return;
  await switchTo(workspace, branch, `refs/heads/${branch}`);
}

// The tree is moved before HEAD: where files are in the way, nothing has changed.
async function switchTo(workspace: Workspace, branch: string, commit: string): Promise<void> {
  const place = await placeOf(workspace);
  await alone(place.commonDir, async () => {
    await git(place, ['read-tree', '-m', '-u', 'HEAD', commit]);
    await git(place, ['symbolic-ref', '-m', `locus: to ${branch}`, 'HEAD', `refs/heads/${branch}`]);
  });
}

async function currentBranch(repository: Repository): Promise<string | null> {
  const head = await readFile(join(repository.commonDir, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)$/.exec(head.trim())?.[1] ?? null;
}
