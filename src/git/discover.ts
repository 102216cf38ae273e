import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { LocusFailure } from '../domain/failures.ts';
import type { Repository } from '../domain/workspace.ts';
import { quoted } from './failure.ts';
import { localTimeoutMs } from './run.ts';

export interface Checkout {
  /** The main checkout's root, also where the folder asked for is inside a linked worktree. */
  readonly root: string;
  readonly commonDir: string;
  readonly repository: Repository;
  /** null: HEAD is detached. */
  readonly currentBranch: string | null;
  readonly isShallow: boolean;
  readonly hasCommits: boolean;
}

/** Finds the repository that a folder belongs to. */
export async function discoverCheckout(cwd: string, stateDir: string): Promise<Checkout> {
  const git = await openFolder(cwd);
  const asked = ['--absolute-git-dir', '--git-common-dir', '--is-shallow-repository', '--is-bare-repository'];
  const [[gitDir = '', common = '', shallow, bare], storage] = await Promise.all([
    answers(git, cwd, ['rev-parse', ...asked]),
    // With an answer in any case: simple-git waits 50 ms longer for a git that says nothing.
    git.raw('config', '--default', 'files', '--get', 'extensions.refStorage').catch(() => ''),
  ]);
  refuseReftable(storage);
  const commonDir = await realpath(resolve(cwd, common));
  const root = await mainRoot(git, cwd, {
    linked: (await realpath(gitDir)) !== commonDir,
    commonDir,
    bare: bare === 'true',
  });
  const main = root === cwd ? git : await openFolder(root);
  const [head, commits] = await Promise.all([
    main.raw('symbolic-ref', '-q', '--short', 'HEAD').catch(() => ''),
    main.raw('rev-parse', '-q', '--verify', 'HEAD^{commit}').catch(() => ''),
  ]);
  return {
    root,
    commonDir,
    repository: repositoryOf({ root, commonDir, bare: root === commonDir, stateDir }),
    currentBranch: head.trim() || null,
    isShallow: shallow === 'true',
    hasCommits: commits.trim() !== '',
  };
}

const known = new Map<string, Repository>();

/** The repository of a checkout's root, for a worker that was told only the root. Looked for once, while it is there. */
export async function checkoutRepository(root: string, stateDir: string): Promise<Repository> {
  const key = `${stateDir}\0${root}`;
  const before = known.get(key);
  if (before && (await isFolder(root)) && (await isFolder(before.commonDir))) return before;
  const { repository } = await discoverCheckout(root, stateDir);
  known.set(key, repository);
  return repository;
}

export function repositoryOf(found: {
  readonly root: string;
  readonly commonDir: string;
  readonly bare: boolean;
  readonly stateDir: string;
}): Repository {
  const hash = createHash('sha256').update(found.commonDir).digest('hex').slice(0, 16);
  return {
    root: found.root,
    commonDir: found.commonDir,
    bare: found.bare,
    worktreesDir: found.bare ? `${found.commonDir}-worktrees` : join(found.root, '.locus', 'worktrees'),
    privateDir: join(found.stateDir, 'repositories', hash),
  };
}

/** True where a checkout has neither changes nor untracked files; ignored files do not count. */
export async function isClean(root: string): Promise<boolean> {
  const git = await openFolder(root);
  const said = await git.raw('status', '--porcelain', '-z', '--untracked-files=normal', '--ignore-submodules=dirty');
  return said === '';
}

/** simple-git in a folder of a person's; it hands no GIT_ variable of ours on. */
export async function openFolder(cwd: string): Promise<SimpleGit> {
  if (!(await isFolder(cwd))) throw new LocusFailure('RepositoryInvalid', `${cwd} is not a folder`);
  return simpleGit({ baseDir: cwd, timeout: { block: localTimeoutMs } });
}

async function answers(git: SimpleGit, cwd: string, args: string[]): Promise<string[]> {
  try {
    return (await git.raw(args)).trimEnd().split('\n');
  } catch (error) {
    const words = error instanceof Error ? quoted(error.message) : String(error);
    if (/not a git repository/i.test(words)) {
      throw new LocusFailure('RepositoryInvalid', `${cwd} is not in a git repository`);
    }
    if (/dubious ownership/i.test(words)) {
      throw new LocusFailure('RepositoryInvalid', `git does not trust ${cwd}: it belongs to another user`, {
        remedy: `git config --global --add safe.directory ${cwd}`,
      });
    }
    throw new LocusFailure('RepositoryInvalid', `git cannot read ${cwd}: ${words}`, {}, error);
  }
}

// HEAD is read as text where an agent may have written it, and a reftable keeps it elsewhere.
function refuseReftable(storage: string): void {
  if (storage.trim() !== 'reftable') return;
  throw new LocusFailure(
    'RepositoryInvalid',
    'the repository keeps its refs in a reftable, which locus cannot work with',
    {
      remedy: 'convert it with `git refs migrate --ref-format=files`',
    },
  );
}

async function mainRoot(
  git: SimpleGit,
  cwd: string,
  found: { readonly linked: boolean; readonly commonDir: string; readonly bare: boolean },
): Promise<string> {
  if (!found.linked && found.bare) return found.commonDir;
  if (!found.linked) {
    const [top = ''] = await answers(git, cwd, ['rev-parse', '--show-toplevel']).catch(() => ['']);
    if (top === '') throw new LocusFailure('RepositoryInvalid', `${cwd} is inside a git folder, not in a checkout`);
    return realpath(top);
  }
  if (basename(found.commonDir) === '.git') return dirname(found.commonDir);
  const bare = await git.raw('config', '--file', join(found.commonDir, 'config'), '--get', 'core.bare').catch(() => '');
  if (bare.trim() === 'true') return found.commonDir;
  throw new LocusFailure('RepositoryInvalid', `the main checkout of the worktree ${cwd} cannot be found`, {
    remedy: 'run locus in the main checkout',
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
