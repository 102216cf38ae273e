import { workspaceName } from '../domain/branch.ts';
import { LocusFailure } from '../domain/failures.ts';
import { goesThroughGates, protectedIn, type RunContext } from '../domain/run.ts';
import type { Repository } from '../domain/workspace.ts';
import { isAncestor, resolveCommit } from '../git/branches.ts';
import { isOn } from '../git/credentials.ts';
import { pushCommit } from '../git/push.ts';
import { pushedTip } from '../git/pushed.ts';
import { tidy } from '../git/tidy.ts';
import { setCommitAside } from '../git/unfinished.ts';
import type { PushRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { credentialsFor, gitOrigin, obtainRepository, repositoryOf } from './repository.ts';

/** Pushes a task's commit to its branch. Nothing is forced, but our own branch where it was rebased on purpose. */
export async function pushBranch(
  deps: Dependencies,
  run: RunContext,
  request: PushRequest,
  signal?: AbortSignal,
): Promise<void> {
  const { remote } = run;
  const { branch } = request;
  if (remote === null) return;
  const { token } = await deps.secrets(run);
  if (run.source.kind === 'remote' && (await isElsewhere(deps, run, request, token))) return;
  const repository = await repositoryOf(run, deps.stateDir);
  // What the gates have approved is a commit, not a branch.
  const commit = goesThroughGates(run.type) ? request.commit : await holding(repository, request);
  const mayBeRebased = run.settings.agent.updateWith === 'rebase';
  const mayReplace = mayBeRebased && !goesThroughGates(run.type);
  const expected = mayReplace ? await replaced(repository, remote, branch, commit) : null;
  await pushCommit({
    repository,
    remote,
    branch,
    commit,
    defaultBranch: run.baseBranch,
    protectedBranches: protectedIn(run),
    profile: goesThroughGates(run.type) ? 'gated' : 'plain',
    mayBeRebased,
    token: credentialsFor(run, token),
    ...(signal ? { signal } : {}),
    ...(expected === null ? {} : { lease: { expected } }),
  }).catch(async (error: unknown) => {
    throw (await lacksToken(run, repository, token, error)) ? tokenMissing(remote) : error;
  });
  await tidy(repository, signal);
}

/**
 * A commit that another host made, which is lost, either has reached the remote or is gone. So is one that was set aside
 * here, because the remote's branch had parted from it: nothing is built on it, and the remote would refuse it for ever.
 */
async function isElsewhere(deps: Dependencies, run: RunContext, { branch, commit }: PushRequest, token: string | null) {
  const known = await repositoryOf(run, deps.stateDir).catch(() => null);
  const isKnown = known !== null && (await resolveCommit(known, commit)) !== null;
  if (isKnown) {
    const tip = await resolveCommit(known, `refs/heads/${branch}`);
    if (tip === null || (await isAncestor(known, commit, tip))) return false;
  }
  const repository = await obtainRepository(run, deps.stateDir, token);
  const theirs = await resolveCommit(repository, `refs/remotes/${run.remote}/${branch}`);
  if (theirs !== null && (await isAncestor(repository, commit, theirs))) return true;
  const short = commit.slice(0, 12);
  if (!isKnown) throw new LocusFailure('HostLost', `the host that made ${short} was lost before it was pushed`);
  const aside = await setCommitAside(repository, workspaceName(branch), commit);
  throw new LocusFailure('HostLost', `${short} is not on ${branch} any more, and was never pushed: it is on ${aside}`);
}

/** After a refusal a person may have merged the remote's branch into ours: then that is what is pushed. */
async function holding(repository: Repository, { branch, commit }: PushRequest): Promise<string> {
  const tip = await resolveCommit(repository, `refs/heads/${branch}`);
  return tip !== null && (await isAncestor(repository, commit, tip)) ? tip : commit;
}

/** What a rebased branch may replace on the remote: what we know that we had, never what others pushed since. */
async function replaced(repository: Repository, remote: string, branch: string, commit: string) {
  const theirs = await resolveCommit(repository, `refs/remotes/${remote}/${branch}`);
  const pushed = theirs === null ? null : await pushedTip(repository, branch);
  // What we pushed is our branch as it is by now: an older commit of it, from before a rebase, replaces nothing.
  if (pushed === (await resolveCommit(repository, `refs/heads/${branch}`))) return null;
  return pushed === null || (await isAncestor(repository, pushed, commit)) ? null : pushed;
}

/** Without a token the tracker's own git server refuses by asking for one: a run can wait until it is told it. */
async function lacksToken(run: RunContext, repository: Repository, token: string | null, error: unknown) {
  if (token !== null || run.remote === null || run.tracker.kind !== 'github') return false;
  if (!(error instanceof LocusFailure) || error.type !== 'CredentialsRefused') return false;
  return isOn({ repository, remote: run.remote, push: true }, gitOrigin(run.tracker.apiUrl));
}

function tokenMissing(remote: string): LocusFailure {
  return new LocusFailure('CredentialsMissing', `no token for a push to ${remote}`);
}
