import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import { oneLine } from '../domain/text.ts';
import type { Repository } from '../domain/workspace.ts';
import type { NetworkOptions } from './branches.ts';
import { withCredentials } from './credentials.ts';
import { openFolder, repositoryOf } from './discover.ts';
import { withoutCredentials } from './failure.ts';
import { alone } from './lock.ts';
import { readRef } from './refs.ts';
import { type GitOptions, git, networkTimeoutMs, type Place, tryGit } from './run.ts';

export interface RemoteAddress {
  readonly host: string | null;
  readonly owner: string | null;
  readonly repo: string | null;
}

export interface Remote extends RemoteAddress {
  readonly name: string;
  /** Without user name and password. */
  readonly url: string;
  readonly defaultBranch: string | null;
}

/** The remote that work is pushed to: `origin`, else the only one, else null. `ask` lets it ask the remote itself. */
export async function describeRemote(root: string, ask = false): Promise<Remote | null> {
  const folder = await openFolder(root);
  const [remotes, common] = await Promise.all([
    folder.getRemotes(true),
    folder.raw('rev-parse', '--path-format=absolute', '--git-common-dir'),
  ]);
  const chosen = remotes.find((remote) => remote.name === 'origin') ?? (remotes.length === 1 ? remotes[0] : undefined);
  if (chosen === undefined) return null;
  const url = withoutCredentials(chosen.refs.push || chosen.refs.fetch);
  const place = { root, commonDir: await realpath(common.trim()) };
  const defaultBranch = await findDefaultBranch(place, chosen.name, ask);
  return { name: chosen.name, url, defaultBranch, ...parseAddress(url) };
}

/** Owner and repository in an address: https, ssh, `host:owner/repo`; a folder has neither. */
export function parseAddress(url: string): RemoteAddress {
  const none = { host: null, owner: null, repo: null };
  const match =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/]+)\/(.+)$/.exec(url) ??
    /^(?:[^@/]+@)?([^/:]{2,}):(?!\/\/)(.+)$/.exec(url);
  if (!match) return none;
  const [, host = '', path = ''] = match;
  const parts = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '');
  const repo = parts.pop();
  const owner = parts.pop();
  if (repo === undefined || owner === undefined) return { ...none, host };
  return { host, owner, repo };
}

/** A bare clone for runs that name only a remote: made once, then only fetched into. */
export async function openMirror(
  url: string,
  folder: { readonly path: string; readonly stateDir: string },
  options: NetworkOptions = {},
): Promise<Repository> {
  if (url.startsWith('-') || /^ext::/.test(url)) throw new LocusFailure('RepositoryInvalid', `${url} is not a remote`);
  await mkdir(dirname(folder.path), { recursive: true, mode: 0o700 });
  const path = join(await realpath(dirname(folder.path)), basename(folder.path));
  const repository = repositoryOf({ root: path, commonDir: path, bare: true, stateDir: folder.stateDir });
  await alone(path, async () => {
    const exists = await stat(join(path, 'HEAD')).catch(() => null);
    if (exists === null)
      await git({ commonDir: dirname(path) }, ['init', '--quiet', '--bare', path], withoutGitDir(path));
    const address = withoutCredentials(url);
    const known = await tryGit(repository, ['config', '--get', 'remote.origin.url']);
    if (known.stdout.trim() !== address) {
      await git(repository, ['config', 'remote.origin.url', address]);
      await git(repository, ['config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*']);
    }
  });
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  const { token, ...limits } = options;
  await withCredentials({ repository, remote: 'origin', ...(token ? { token } : {}) }, async (env) => {
    const network = { timeoutMs: networkTimeoutMs, otherwise: 'RemoteUnavailable' as const, ...limits, env };
    await alone(`${path}#fetch`, () => git(repository, ['fetch', ...quiet, 'origin'], network));
  });
  return repository;
}

async function findDefaultBranch(
  place: { readonly root: string; readonly commonDir: string },
  remote: string,
  ask: boolean,
): Promise<string | null> {
  const { commonDir } = place;
  const head = await remoteHead(place, remote, ask ? 20_000 : 0);
  return head ?? usualBranch(commonDir, [`refs/remotes/${remote}/`, 'refs/heads/']);
}

/**
 * The default branch by the remote's own word: as git has it from a clone, else as the remote answers within that time.
 * null: it has not told, and what is usual may be wrong.
 */
export async function remoteHead(
  { root, commonDir }: { readonly root: string; readonly commonDir: string },
  remote: string,
  askMs: number,
): Promise<string | null> {
  const place = `refs/remotes/${remote}/`;
  const known = await tryGit({ commonDir }, ['symbolic-ref', '-q', `${place}HEAD`]);
  const ref = known.stdout.trim();
  if (known.exitCode === 0 && ref.startsWith(place)) return ref.slice(place.length);
  return askMs === 0 ? null : askRemote({ root, commonDir }, remote, askMs);
}

/** For people: a default branch that nobody has confirmed is not passed over in silence. */
export function guessOf(remote: string, branch: string): string {
  return `${oneLine(remote)} did not name its default branch: ${oneLine(branch)} is taken for it`;
}

/**
 * The default branch of a repository, as its remote has it; without one the first of the usual names that is there, and
 * never what is checked out: work of a person's branch would be compared with itself.
 */
export async function defaultBranchOf(remote: Remote | null, commonDir: string): Promise<string | null> {
  return remote === null ? usualBranch(commonDir, ['refs/heads/']) : remote.defaultBranch;
}

async function usualBranch(commonDir: string, places: readonly string[]): Promise<string | null> {
  const configured = await tryGit({ commonDir }, ['config', '--get', 'init.defaultBranch']);
  for (const branch of [configured.stdout.trim(), 'main', 'master'].filter((name) => name !== '')) {
    for (const place of places) if (await isThere(commonDir, `${place}${branch}`)) return branch;
  }
  return null;
}

async function isThere(commonDir: string, ref: string): Promise<boolean> {
  const read = await readRef(commonDir, ref);
  if (read !== undefined) return read !== null;
  return (await tryGit({ commonDir }, ['show-ref', '--verify', '--quiet', ref])).exitCode === 0;
}

async function askRemote(place: Place, remote: string, timeoutMs: number): Promise<string | null> {
  const said = await withCredentials({ repository: place, remote }, (env) =>
    tryGit(place, ['ls-remote', '--symref', '--', remote, 'HEAD'], { timeoutMs, env }),
  );
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(said.stdout)?.[1] ?? null;
}

function withoutGitDir(path: string): GitOptions {
  return { env: { GIT_DIR: path, GIT_COMMON_DIR: path } };
}
