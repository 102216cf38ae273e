import path from 'node:path';
import { endAgent } from '../../agents/host/end.ts';
import { workspaceName } from '../../domain/branch.ts';
import type { LeftBehind } from '../../domain/gated/body-parts.ts';
import type { RunContext } from '../../domain/run.ts';
import type { Repository } from '../../domain/workspace.ts';
import { baseCommit, fetchBranches, isAncestor, resolveCommit } from '../../git/branches.ts';
import { collectWork } from '../../git/collect.ts';
import { listWorkspaces, whatIsHeld } from '../../git/remove.ts';
import { git } from '../../git/run.ts';
import { asidePrefix, unfinishedPrefix } from '../../git/unfinished.ts';
import { objectsDirOf } from '../confine.ts';
import type { Dependencies } from '../deps.ts';
import { attemptDir, credentialsFor, obtainRepository, repositoryOf } from '../repository.ts';
import type { BranchFacts, BranchRequest, PendingRequest, RemotePlace } from './contract.ts';

/** Commits what lies in the workspace, once whatever worked there has ended. */
export async function commitPending(
  deps: Dependencies,
  run: RunContext,
  { workspace, startCommit, message, attemptId }: PendingRequest,
): Promise<{ readonly commit: string }> {
  if (attemptId !== null) await endAgent(attemptDir(deps.stateDir, attemptId));
  const objectsDir = await objectsDirOf(workspace);
  const work = await collectWork(workspace, { start: startCommit, objectsDir, message, defaultBranch: run.baseBranch });
  return { commit: work.commit };
}

const longestLog = 300;

export async function lookAtBranch(
  deps: Dependencies,
  run: RunContext,
  { commit, since, base: from, leftOf }: BranchRequest,
): Promise<BranchFacts> {
  const repository = await repositoryOf(run, deps.stateDir);
  const base = from ?? (await baseCommit(repository, run.baseBranch, run.remote));
  const [files, commits, changed, deleted, added, log, stat] = await Promise.all([
    named(repository, [`${base}...${commit}`]),
    git({ commonDir: repository.commonDir }, ['rev-list', '--count', commit, `^${base}`]),
    named(repository, [since, commit]),
    named(repository, ['--diff-filter=D', since, commit]),
    named(repository, ['--diff-filter=A', since, commit]),
    git({ commonDir: repository.commonDir }, ['log', `-${longestLog}`, '--format=%H %s', commit, `^${base}`]),
    git({ commonDir: repository.commonDir }, [...diff, '--shortstat', `${base}...${commit}`]),
  ]);
  return {
    files: files.length,
    commits: Number(commits),
    changed: changed.length,
    deleted,
    added,
    lines: linesIn(stat),
    log: commitsIn(log),
    ...(leftOf === undefined ? {} : { left: await leftBehind(repository, leftOf, commit) }),
  };
}

/** Work that is kept beside the branch and is in no commit of it, and its worktree where that holds changes. */
async function leftBehind(repository: Repository, branch: string, commit: string): Promise<LeftBehind> {
  const name = workspaceName(branch);
  const places = [unfinishedPrefix, asidePrefix].map((prefix) => `${prefix}${name}/`);
  const refs = await git(repository, ['for-each-ref', '--format=%(refname)', `--no-merged=${commit}`, ...places]);
  const workspace = (await listWorkspaces(repository)).find((candidate) => candidate.name === name);
  const isHeld = workspace !== undefined && (await whatIsHeld(workspace, null)) !== null;
  return {
    worktree: isHeld ? path.relative(repository.root, workspace.path) : null,
    unfinished: refs.split('\n').filter((ref) => ref !== ''),
  };
}

/** Where the branch stands on the remote, asked anew. */
export async function comparePosition(
  deps: Dependencies,
  run: RunContext,
  { branch }: { readonly branch: string },
  signal: AbortSignal,
): Promise<RemotePlace> {
  if (run.remote === null) return 'absent';
  const { token } = await deps.secrets(run);
  const repository = await obtainRepository(run, deps.stateDir, token, signal);
  const options = { token: credentialsFor(run, token), signal };
  const theirs = (await fetchBranches(repository, run.remote, [branch], options))[branch];
  const ours = await resolveCommit(repository, `refs/heads/${branch}`);
  if (theirs === undefined || ours === null) return 'absent';
  if (theirs === ours) return 'equal';
  if (await isAncestor(repository, theirs, ours)) return 'local_ahead';
  return (await isAncestor(repository, ours, theirs)) ? 'remote_ahead' : 'diverged';
}

function commitsIn(log: string): BranchFacts['log'] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({ sha: line.slice(0, line.indexOf(' ')), subject: line.slice(line.indexOf(' ') + 1) }));
}

/** ` 2 files changed, 3 insertions(+), 1 deletion(-)` */
function linesIn(stat: string): number {
  const counts = [...stat.matchAll(/(\d+) (?:insertion|deletion)/g)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Renames are told as such, so they neither add nor delete. */
const diff = ['diff', '--no-ext-diff', '--no-textconv', '-M'];

async function named(repository: Repository, args: readonly string[]): Promise<string[]> {
  const listing = await git({ commonDir: repository.commonDir }, [...diff, '--name-only', '-z', ...args]);
  return listing.split('\0').filter((path) => path !== '');
}
