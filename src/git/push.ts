import { LocusFailure } from '../domain/failures.ts';
import { assertPush, type GuardProfile } from '../domain/guard.ts';
import type { Repository } from '../domain/workspace.ts';
import { isAncestor, resolveCommit } from './branches.ts';
import { type RemoteCredentials, withCredentials } from './credentials.ts';
import { failureOfGit } from './failure.ts';
import { alone } from './lock.ts';
import { notePushed } from './pushed.ts';
import { git, networkTimeoutMs, tryGit } from './run.ts';

export interface PushRequest {
  readonly repository: Repository;
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  readonly defaultBranch: string | null;
  /** Branches that nothing is pushed to, beside those that always are protected: the run's base. */
  readonly protectedBranches: readonly string[];
  readonly profile?: GuardProfile;
  /** Our branch may be rebased later: what was pushed is noted, to know then what it may replace. */
  readonly mayBeRebased?: boolean;
  /** Replaces the remote's branch, and only if it still is at `expected`. */
  readonly lease?: { readonly expected: string };
  /** For https remotes; in the environment of this one command alone. */
  readonly token?: RemoteCredentials;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Pushes one commit to one branch, never forced but with a lease; a remote that has it already is success. */
export async function pushCommit(request: PushRequest): Promise<void> {
  const { repository, remote, branch, commit, lease } = request;
  const refspec = `${commit}:refs/heads/${branch}`;
  const { defaultBranch, protectedBranches: alsoProtected } = request;
  const profile = request.profile ?? 'plain';
  assertPush(refspec, { defaultBranch, alsoProtected, profile }, lease !== undefined);
  if (!/^[0-9a-f]{40,64}$/.test(commit) || (lease && !/^[0-9a-f]{40,64}$/.test(lease.expected))) {
    throw new LocusFailure('GuardRefused', `${JSON.stringify(commit)} is not the hash of a commit`);
  }
  const force = lease ? [`--force-with-lease=refs/heads/${branch}:${lease.expected}`] : [];
  const args = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', ...force];
  const { timeoutMs = networkTimeoutMs, signal } = request;
  await withCredentials({ ...request, push: true }, async (env) => {
    const options = { timeoutMs, env, ...(signal ? { signal } : {}) };
    const { commonDir, root } = repository;
    const place = { commonDir, root };
    const pushed = await tryGit(place, [...args, '--', remote, refspec], options);
    if (pushed.exitCode === 0) {
      await noteRemote(request);
      return;
    }
    const why = failureOfGit(args, { ...pushed, stderr: withStatus(pushed) }, 'PushRefused');
    if (why.type !== 'RemoteUnavailable' && (await remoteHas(request, options))) return;
    throw why;
  });
}

// In porcelain mode the reason of a refusal stands on stdout.
function withStatus(pushed: { readonly stdout: string; readonly stderr: string }): string {
  const refused = pushed.stdout.split('\n').filter((line) => line.startsWith('!'));
  return [...pushed.stderr.split('\n'), ...refused.map((line) => `error: ${line.slice(1).trim()}`)].join('\n');
}

// An earlier attempt's push may have arrived although its answer did not, and others may have built on it.
async function remoteHas(
  { repository, remote, branch, commit }: PushRequest,
  options: { readonly env: Record<string, string>; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const listed = await tryGit(repository, ['ls-remote', '--', remote, ref], options);
  const theirs = listed.exitCode === 0 ? /^([0-9a-f]+)\t/.exec(listed.stdout)?.[1] : undefined;
  if (theirs === undefined || theirs === commit) return theirs === commit;
  const quiet = ['--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules', '--refmap='];
  const fetched = await alone(`${repository.commonDir}#fetch`, () =>
    tryGit(repository, ['fetch', ...quiet, '--', remote, ref], options),
  );
  return fetched.exitCode === 0 && (await isAncestor(repository, commit, theirs));
}

// A push to a remote without a fetch refspec, as a mirror's, leaves no trace of itself.
async function noteRemote({ repository, remote, branch, commit, mayBeRebased }: PushRequest): Promise<void> {
  if (mayBeRebased) await notePushed(repository, branch, commit);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(remote)) return;
  const ref = `refs/remotes/${remote}/${branch}`;
  if ((await resolveCommit(repository, ref)) === commit) return;
  await alone(repository.commonDir, () => git(repository, ['update-ref', ref, commit]));
}
