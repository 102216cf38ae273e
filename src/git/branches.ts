import { LocusFailure } from '../domain/failures.ts';
import { ownPrefix } from '../domain/guard.ts';
import type { Repository } from '../domain/workspace.ts';
import { type RemoteCredentials, withCredentials } from './credentials.ts';
import { failureOfGit } from './failure.ts';
import { isKnownAncestor, noteAncestor } from './known.ts';
import { alone } from './lock.ts';
import { isHash, readRef } from './refs.ts';
import { remoteHeads } from './remote-heads.ts';
import { type GitOptions, type GitResult, git, networkTimeoutMs, tryGit } from './run.ts';

export interface NetworkOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly token?: RemoteCredentials | undefined;
  /** How old an answer of the remote may be; left out: it is asked. */
  readonly maxAgeMs?: number;
}

/** The full hash of the commit that `rev` names, or null. */
export async function resolveCommit(repository: Repository, rev: string): Promise<string | null> {
  const read = await readRef(repository.commonDir, rev);
  if (read !== undefined) return read;
  const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${rev}^{commit}`];
  const result = await tryGit(repository, args);
  return result.exitCode === 0 ? result.stdout.trim() : null;
}

/** The commit that work on `baseBranch` starts from: the remote's where there is one, else the local branch's. */
export async function baseCommit(repository: Repository, baseBranch: string, remote: string | null): Promise<string> {
  const theirs = remote === null ? null : await resolveCommit(repository, `refs/remotes/${remote}/${baseBranch}`);
  const commit = theirs ?? (await resolveCommit(repository, `refs/heads/${baseBranch}`));
  if (commit !== null) return commit;
  throw new LocusFailure('RepositoryInvalid', `the base branch ${baseBranch} does not exist`, {
    remedy: 'set agent.baseBranch to a branch of this repository that has commits',
  });
}

export async function isAncestor(repository: Repository, ancestor: string, commit: string): Promise<boolean> {
  if (ancestor === commit || isKnownAncestor(ancestor, commit)) return true;
  const result = await tryGit(repository, ['merge-base', '--is-ancestor', ancestor, commit]);
  if (result.exitCode === 0 && isHash(ancestor) && isHash(commit)) noteAncestor(ancestor, commit);
  return result.exitCode === 0;
}

/** Moves a branch, or makes it (`from` null); fails where it is no longer at `from`. */
export async function moveBranch(
  repository: Repository,
  branch: string,
  to: string,
  from: string | null,
  reason: string,
): Promise<void> {
  const args = ['update-ref', '-m', `locus: ${reason}`, `refs/heads/${branch}`, to, from ?? zeros(to)];
  await alone(repository.commonDir, () => git(repository, args));
}

/**
 * Fetches branches into `refs/remotes/<remote>/…` and answers which of them the remote has, with their commits. Asks
 * first, so that a branch that is not there is no error and one that has not moved is not fetched.
 */
export async function fetchBranches(
  repository: Repository,
  remote: string | null,
  branches: readonly string[],
  options: NetworkOptions = {},
): Promise<Record<string, string>> {
  if (remote === null || branches.length === 0) return {};
  const { token, maxAgeMs = 0, ...limits } = options;
  const access = { repository, remote, ...(token ? { token } : {}) };
  const found = await remoteHeads({ ...access, ...limits, branches, maxAgeMs });
  const moved = await forgetDeleted(repository, remote, branches, found);
  if (moved.length === 0) return found;
  return withCredentials(access, async (env) => {
    const network = { timeoutMs: networkTimeoutMs, ...limits, env };
    const refspecs = moved.map((branch) => `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`);
    const fetched = await fetchRefs(repository, remote, refspecs, network);
    if (fetched.exitCode !== 0) throw failureOfGit(['fetch'], fetched, 'RemoteUnavailable');
    return found;
  });
}

/** Fetches these and nothing beside them, one after the other in a repository. */
export function fetchRefs(
  repository: Repository,
  remote: string,
  refspecs: readonly string[],
  network: GitOptions,
): Promise<GitResult> {
  const quiet = ['--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules', '--refmap='];
  // A queue of its own: a slow network must not hold up worktrees and branches.
  const queue = `${repository.commonDir}#fetch`;
  return alone(queue, () => tryGit(repository, ['fetch', ...quiet, '--', remote, ...refspecs], network));
}

/** Answers the branches to fetch. One of ours that was deleted there must not come back as the start of new work. */
async function forgetDeleted(
  repository: Repository,
  remote: string,
  branches: readonly string[],
  found: Record<string, string>,
): Promise<string[]> {
  const moved: string[] = [];
  for (const branch of branches) {
    const ref = `refs/remotes/${remote}/${branch}`;
    const known = await resolveCommit(repository, ref);
    if (found[branch] !== undefined && found[branch] !== known) moved.push(branch);
    if (found[branch] === undefined && known !== null && branch.startsWith(ownPrefix)) {
      await alone(repository.commonDir, () => git(repository, ['update-ref', '-d', ref, known]));
    }
  }
  return moved;
}

function zeros(like: string): string {
  return '0'.repeat(like.length);
}
