import { type FailureDetails, LocusFailure } from './failures.ts';

/** The plain profile may force, with a lease, on branches of ours; the gated one never. */
export type GuardProfile = 'plain' | 'gated';

export interface PushContext {
  /** The repository's default branch is protected whatever its name. */
  readonly defaultBranch: string | null;
  readonly profile?: GuardProfile;
  /** Further protected branches: the one that a run is based on. */
  readonly alsoProtected?: readonly string[];
  /** Nobody has told the default branch yet: it may be any. */
  readonly isDefaultUnknown?: boolean;
}

export interface Judgement {
  readonly allowed: boolean;
  /** The destination, for people and the record. */
  readonly target: string;
  /** Why it was refused, or an empty string. */
  readonly reason: string;
}

const protectedNames: readonly string[] = ['main', 'master', 'staging', 'develop', 'development', 'production', 'prod'];

// From `release/*`, `release-*`, `hotfix/*`, `hotfix-*`, where `*` stands for anything, `/` and nothing included.
const protectedPrefixes: readonly string[] = ['release/', 'release-', 'hotfix/', 'hotfix-'];

export const ownPrefix = 'locus/';

export function isProtected(
  branch: string,
  defaultBranch: string | null,
  alsoProtected: readonly string[] = [],
): boolean {
  const name = branchOf(branch);
  if (name === defaultBranch || protectedNames.includes(name) || alsoProtected.includes(name)) return true;
  return protectedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Why a branch is not to be written to; null: it may be. */
function protection(branch: string, { defaultBranch, alsoProtected, isDefaultUnknown }: PushContext): string | null {
  if (isProtected(branch, defaultBranch, alsoProtected)) return 'the branch is protected';
  return isDefaultUnknown ? 'the default branch is not known, and this may be it' : null;
}

/** Judges a push by its destination: `src:dst`, `+src:dst`, `:dst`, `dst`, with or without `refs/heads/`. */
export function judgePush(refspec: string, context: PushContext, lease = false): Judgement {
  const forced = refspec.startsWith('+');
  const plain = forced ? refspec.slice(1) : refspec;
  const colon = plain.indexOf(':');
  const source = colon < 0 ? plain : plain.slice(0, colon);
  const target = colon < 0 ? plain : plain.slice(colon + 1);
  const branch = branchOf(target);
  const refuse = (reason: string): Judgement => ({ allowed: false, target, reason });

  if (refspec.trim() === '' || target === '') return refuse('it names no branch on the remote');
  if (colon >= 0 && source === '') return refuse('it deletes a branch');
  if (target.startsWith('refs/') && !target.startsWith('refs/heads/')) return refuse('it is no branch');
  if (isDetached(branch)) return refuse('a detached HEAD is not a safe branch');
  if (!isBranchName(branch)) return refuse('it is not the name of one branch');
  const reason = protection(branch, context);
  if (reason !== null) return refuse(reason);
  if (forced) return refuse('it forces');
  if (lease && (context.profile === 'gated' || !branch.startsWith(ownPrefix))) {
    return refuse('it would replace commits of a branch that is not ours alone');
  }
  return { allowed: true, target, reason: '' };
}

/** Fails with GuardRefused where `judgePush` refuses. */
export function assertPush(refspec: string, context: PushContext, lease = false): void {
  const { allowed, target, reason } = judgePush(refspec, context, lease);
  if (allowed) return;
  const what = `locus does not push to ${target || JSON.stringify(refspec)}: ${reason}`;
  throw refused(what, { operation: 'push', target: target || refspec });
}

/** What git or a tracker may be asked to do besides pushing. `create` makes a branch. */
export type Operation =
  | 'merge'
  | 'pr-merge'
  | 'pr-ready'
  | 'branch-delete'
  | 'force-push'
  | 'checkout'
  | 'create'
  | 'validate'
  | 'pr-create'
  | 'pr-edit';

/** A pull request that was merged or marked ready, a branch that is gone: only a person does that. */
export const neverAllowed: readonly Operation[] = ['merge', 'pr-merge', 'pr-ready', 'branch-delete', 'force-push'];

/** `branch` is the one that it acts on: the head of a pull request, the current one of `validate`. */
export function judgeOperation(operation: Operation, branch: string, context: PushContext): Judgement {
  const refuse = (reason: string): Judgement => ({ allowed: false, target: branch, reason });
  if (neverAllowed.includes(operation)) return refuse(`${operation} is never allowed`);
  const name = branchOf(branch);
  if (isDetached(name)) return refuse('a detached HEAD is not a safe branch');
  if (!isBranchName(name)) return refuse('it is not the name of one branch');
  const reason = protection(name, context);
  return reason === null ? { allowed: true, target: branch, reason: '' } : refuse(reason);
}

/** Fails with GuardRefused where `judgeOperation` refuses. */
export function assertOperation(operation: Operation, branch: string, context: PushContext): void {
  const { allowed, target, reason } = judgeOperation(operation, branch, context);
  if (allowed) return;
  throw refused(`locus does not do ${operation} with ${JSON.stringify(target)}: ${reason}`, { operation, target });
}

/** In the message itself, as a halt shows nothing else of it: nothing that goes on by itself will do what was refused. */
function refused(what: string, blocked: NonNullable<FailureDetails['blocked']>): LocusFailure {
  const remedy = 'do it by hand, or use another branch';
  return new LocusFailure('GuardRefused', `${what}; a person must do this`, { blocked, remedy });
}

/** A gated run's branch keeps its commits once others can have them; `locus/` branches may be replaced, with a lease. */
export function mayRebase(profile: GuardProfile, isPushed: boolean): boolean {
  return profile === 'plain' || !isPushed;
}

// git takes `heads/main` for `refs/heads/main`, also as the destination of a push.
function branchOf(ref: string): string {
  return ref.replace(/^(?:refs\/)?heads\//, '');
}

function isDetached(branch: string): boolean {
  return branch === '' || branch === 'HEAD' || branch === '@';
}

// The rules of git's own check-ref-format, and no pattern: a `*` would name many branches.
function isBranchName(name: string): boolean {
  if (name === '' || name.startsWith('-') || name.endsWith('/') || name.endsWith('.') || name.includes('@{'))
    return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|\/\//.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}
