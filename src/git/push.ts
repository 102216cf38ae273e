import { type FailureType, LocusFailure } from '../domain/failures.ts';
import { assertPush, type GuardProfile } from '../domain/guard.ts';
import type { Repository } from '../domain/workspace.ts';
import { fetchRefs, isAncestor, resolveCommit } from './branches.ts';
import { addressOf, type RemoteCredentials, withCredentials } from './credentials.ts';
import { failureOfGit } from './failure.ts';
import { alone } from './lock.ts';
import { notePushed } from './pushed.ts';
import { noteHead } from './remote-heads.ts';
import { type GitResult, git, networkTimeoutMs, tryGit } from './run.ts';
import { Together } from './together.ts';

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
  const { commit, lease } = request;
  const { defaultBranch, protectedBranches: alsoProtected } = request;
  const profile = request.profile ?? 'plain';
  assertPush(refspecOf(request), { defaultBranch, alsoProtected, profile }, lease !== undefined);
  if (!/^[0-9a-f]{40,64}$/.test(commit) || (lease && !/^[0-9a-f]{40,64}$/.test(lease.expected))) {
    throw new LocusFailure('GuardRefused', `${JSON.stringify(commit)} is not the hash of a commit`);
  }
  const pushed = await (lease ? sent([request], request.signal) : pushes.ask(addressOf(request), request));
  if (pushed.exitCode === 0) return noteRemote(request);
  const why = refusalOf(pushed);
  if (why.type !== 'RemoteUnavailable' && (await remoteHas(request))) return;
  throw why;
}

/** A push as such takes longer than what it brings. */
const pushes = new Together<PushRequest, GitResult>({ rest: 2, send: sentTogether });

/** What is refused together is tried alone: a hook refuses all for one of them, and its words are for that one. */
async function sentTogether(requests: readonly PushRequest[], signal: AbortSignal): Promise<readonly GitResult[]> {
  const all = await sent(requests, signal);
  if (requests.length === 1 || all.exitCode === 0) return requests.map(() => all);
  const isRefused = !isAboutAll.includes(refusalOf(all).type);
  const arrived = arrivedIn(all);
  const results: GitResult[] = [];
  for (const request of requests) {
    const hasArrived = arrived.has(`refs/heads/${request.branch}`);
    if (hasArrived || !isRefused) results.push({ ...all, exitCode: hasArrived ? 0 : all.exitCode });
    else results.push(await sent([request], signal));
  }
  return results;
}

/** What fails a push whatever is pushed. */
const isAboutAll: readonly FailureType[] = ['RemoteUnavailable', 'CredentialsRefused'];

/** Pushes to one remote, with one connection. */
async function sent(requests: readonly PushRequest[], signal?: AbortSignal): Promise<GitResult> {
  const [request] = requests;
  if (request === undefined) throw new Error('nothing to push');
  const { repository, remote } = request;
  const options = ['--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'];
  const force = requests.flatMap(({ branch, lease }) =>
    lease ? [`--force-with-lease=refs/heads/${branch}:${lease.expected}`] : [],
  );
  const timeoutMs = Math.max(...requests.map((each) => each.timeoutMs ?? networkTimeoutMs));
  return withCredentials({ ...request, push: true }, (env) =>
    tryGit(
      { commonDir: repository.commonDir, root: repository.root },
      ['push', ...options, ...force, '--', remote, ...requests.map(refspecOf)],
      { timeoutMs, env, ...(signal ? { signal } : {}) },
    ),
  );
}

function refspecOf({ commit, branch }: PushRequest): string {
  return `${commit}:refs/heads/${branch}`;
}

/** The refs that the remote has taken. */
function arrivedIn({ stdout }: GitResult): ReadonlySet<string> {
  const lines = stdout.matchAll(/^[ +\-*=]\t[^:\t]*:([^\t]+)\t/gm);
  return new Set([...lines].map(([, ref = '']) => ref));
}

function refusalOf(pushed: GitResult): LocusFailure {
  // In porcelain mode the reason of a refusal stands on stdout.
  const refused = pushed.stdout.split('\n').filter((line) => line.startsWith('!'));
  const said = [...pushed.stderr.split('\n'), ...refused.map((line) => `error: ${line.slice(1).trim()}`)];
  return failureOfGit(['push'], { ...pushed, stderr: said.join('\n') }, 'PushRefused');
}

// An earlier attempt's push may have arrived although its answer did not, and others may have built on it.
async function remoteHas(request: PushRequest): Promise<boolean> {
  const { repository, remote, branch, commit, timeoutMs = networkTimeoutMs, signal } = request;
  const ref = `refs/heads/${branch}`;
  return withCredentials({ ...request, push: true }, async (env) => {
    const options = { timeoutMs, env, ...(signal ? { signal } : {}) };
    const listed = await tryGit(repository, ['ls-remote', '--', remote, ref], options);
    const theirs = listed.exitCode === 0 ? /^([0-9a-f]+)\t/.exec(listed.stdout)?.[1] : undefined;
    if (theirs === undefined || theirs === commit) return theirs === commit;
    const fetched = await fetchRefs(repository, remote, [ref], options);
    return fetched.exitCode === 0 && (await isAncestor(repository, commit, theirs));
  });
}

// A push to a remote without a fetch refspec, as a mirror's, leaves no trace of itself.
async function noteRemote(request: PushRequest): Promise<void> {
  const { repository, remote, branch, commit, mayBeRebased } = request;
  // Where it is fetched from elsewhere, that is believed for a moment.
  noteHead(request, branch, commit);
  if (mayBeRebased) await notePushed(repository, branch, commit);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(remote)) return;
  const ref = `refs/remotes/${remote}/${branch}`;
  if ((await resolveCommit(repository, ref)) === commit) return;
  await alone(repository.commonDir, () => git(repository, ['update-ref', ref, commit]));
}
