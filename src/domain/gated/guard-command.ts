import { isProtected, judgeOperation, judgePush, neverAllowed, type Operation, type PushContext } from '../guard.ts';
import { oneLine } from '../text.ts';
import type { CommandAnswer } from './command-answer.ts';
import { optionsOf } from './guard-options.ts';
import { type PushModeFlags, pushMode } from './push-mode.ts';

/** A line of `guard.log`. */
export interface GuardBlock {
  readonly timestamp: string;
  readonly event: 'guard_block';
  readonly operation: string;
  readonly target: string;
}

/** 0: allowed, or protected. 1: blocked, then with a record, or not protected. 2: it was not asked rightly. */
export interface GuardAnswer extends CommandAnswer {
  readonly record: GuardBlock | null;
}

export interface GuardContext {
  /** null: HEAD is detached, or there is no checkout. */
  readonly currentBranch: string | null;
  readonly defaultBranch: string | null;
  readonly alsoProtected?: readonly string[];
  /** Names of the repository's remotes. */
  readonly remotes: readonly string[];
  /** The config's `run_mode.git.auto_push`, as it was read. */
  readonly autoPush: unknown;
  /** ISO 8601. */
  readonly now: string;
}

export const guardUsage = `usage: locus guard <operation> [arguments]

  is-protected <branch>              prints true (exit 0) or false (exit 1)
  ensure-branch <target>             prints the branch that a run of this target makes
  push-mode [--local] [--confirm-push]   prints AUTO, PROMPT or LOCAL; also called should-push
  checkout <branch>
  push [<remote>] <refspec>…
  push-upstream [<remote>] <refspec>…
  pr-create [--head <branch>] [--base <branch>]   prints what is made: always a draft
  validate                           judges the current branch

merge, pr-merge, branch-delete and force-push are always blocked.
It judges and does nothing. Exit code 0: allowed, 1: blocked, 2: usage.
`;

/** Answers `locus guard`, in the gated profile. */
export function guardCommand(words: readonly string[], context: GuardContext): GuardAnswer {
  const [operation, ...args] = words;
  if (operation === undefined) return usage('an operation is missing');
  if (['help', '--help', '-h'].includes(operation)) return allowed(guardUsage);
  if (isNeverAllowed(operation)) return blocked(operation, args.join(' '), `${operation} is never allowed`, context);
  const answer = answers.get(operation);
  if (!answer) return usage(`${JSON.stringify(oneLine(operation))} is no operation`);
  return args.includes('--help') || args.includes('-h') ? allowed(guardUsage) : answer(args, context, operation);
}

type Answering = (args: readonly string[], context: GuardContext, operation: string) => GuardAnswer;

const answers: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  ['is-protected', isProtectedAnswer],
  ['ensure-branch', ensureBranch],
  ['push-mode', pushModeAnswer],
  ['should-push', pushModeAnswer],
  ['checkout', checkout],
  ['push', push],
  ['push-upstream', push],
  ['pr-create', pullRequest],
  ['validate', validate],
]);

function isProtectedAnswer(args: readonly string[], context: GuardContext): GuardAnswer {
  const [branch = '', ...more] = args;
  if (branch.trim() === '' || more.length > 0) return usage('is-protected takes one branch');
  const name = branch.trim();
  const is = isProtected(name, context.defaultBranch) || (context.alsoProtected?.includes(name) ?? false);
  return { exitCode: is ? 0 : 1, stdout: `${is}\n`, stderr: '', record: null };
}

function ensureBranch(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const [target = '', ...more] = args;
  if (target.trim() === '' || more.length > 0) return usage('ensure-branch takes one target or branch');
  return judged(operation, 'create', target, context, `${target.includes('/') ? target : `feature/${target}`}\n`);
}

function pushModeAnswer(args: readonly string[], context: GuardContext): GuardAnswer {
  const known = ['--local', '--confirm-push'];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) return usage(`push-mode does not take ${JSON.stringify(oneLine(unknown))}`);
  const flags: PushModeFlags = { local: args.includes('--local'), confirmPush: args.includes('--confirm-push') };
  try {
    const { mode, note } = pushMode(flags, context.autoPush);
    return { ...allowed(`${mode}\n`), stderr: note === null ? '' : `${note}\n` };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function checkout(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const { positional, given, unknown } = optionsOf(args, { flags: ['-q', '--quiet', '-b', '-B', '--detach'] });
  if (unknown !== null) return usage(`checkout does not take ${JSON.stringify(unknown)}`);
  if (given.has('--detach')) return blocked(operation, 'HEAD', 'a detached HEAD is not a safe branch', context);
  const [branch = '', ...start] = positional;
  const isNew = given.has('-b') || given.has('-B');
  const [folder = ''] = branch.split('/');
  if (!isNew && branch !== folder && isRemote(folder, context)) {
    return blocked(operation, branch, 'it is a branch of a remote, and would detach HEAD', context);
  }
  if (branch === '' || start.length > (isNew ? 1 : 0)) return usage('checkout takes one branch');
  return judged(operation, isNew ? 'create' : 'checkout', branch, context, '');
}

function push(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const harmless = ['-q', '--quiet', '-v', '--verbose', '-n', '--dry-run', '--porcelain', '-u', '--set-upstream'];
  const { positional, given, unknown } = optionsOf(args, { flags: [...harmless, ...refusedOfPush] });
  const refused = refusedOfPush.find((flag) => given.has(flag));
  if (refused !== undefined) return blocked(operation, args.join(' '), `${refused} is never allowed`, context);
  if (unknown !== null) return usage(`${operation} does not take ${JSON.stringify(unknown)}`);
  const [first = ''] = positional;
  const refspecs = positional.length > 1 ? positional.slice(1) : isRemote(first, context) ? [] : positional;
  if (refspecs.length === 0) return usage(`${operation} takes a remote and the branch to push to`);
  for (const refspec of refspecs) {
    const { allowed: isAllowed, target, reason } = judgePush(refspec, judging(context));
    if (!isAllowed) return blocked(operation, target || refspec, reason, context);
  }
  return allowed('');
}

// Each replaces or takes away what the remote has, or pushes more than was named.
const refusedOfPush = [
  ...['-f', '--force', '--force-with-lease', '--force-if-includes', '-d', '--delete', '--prune'],
  ...['--mirror', '--all', '--branches', '--tags', '--follow-tags'],
];

function pullRequest(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const flags = ['--draft', '-d', '--ready', '--no-draft', '--draft=false', '--draft=true'];
  const values = ['--head', '-H', '--base', '-B', '--title', '-t', '--body', '-b'];
  const { given, unknown } = optionsOf(args, { flags, values });
  if (unknown !== null) return usage(`pr-create does not take ${JSON.stringify(unknown)}`);
  const empty = values.find((name) => given.get(name) === '');
  if (empty !== undefined) return usage(`${empty} takes a value`);
  const head = given.get('--head') ?? given.get('-H') ?? context.currentBranch ?? 'HEAD';
  const base = given.get('--base') ?? given.get('-B') ?? context.defaultBranch;
  // A fork's branch is written owner:branch.
  const branch = head.slice(head.indexOf(':') + 1);
  return judged(operation, 'pr-create', branch, context, `${JSON.stringify({ draft: true, base, head })}\n`);
}

function validate(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  if (args.length > 0) return usage('validate takes no arguments: it judges the current branch');
  const branch = context.currentBranch ?? 'HEAD';
  return judged(operation, 'validate', branch, context, `${branch}\n`);
}

function judged(name: string, operation: Operation, branch: string, context: GuardContext, out: string): GuardAnswer {
  const { allowed: isAllowed, target, reason } = judgeOperation(operation, branch, judging(context));
  return isAllowed ? allowed(out) : blocked(name, target, reason, context);
}

function judging({ defaultBranch, alsoProtected }: GuardContext): PushContext {
  return { defaultBranch, profile: 'gated', ...(alsoProtected ? { alsoProtected } : {}) };
}

function isRemote(word: string, { remotes }: GuardContext): boolean {
  return word === 'origin' || remotes.includes(word);
}

function isNeverAllowed(operation: string): boolean {
  return neverAllowed.some((each) => each === operation);
}

function allowed(stdout: string): GuardAnswer {
  return { exitCode: 0, stdout, stderr: '', record: null };
}

function usage(problem: string): GuardAnswer {
  return { exitCode: 2, stdout: '', stderr: `locus guard: ${problem}\n\n${guardUsage}`, record: null };
}

function blocked(operation: string, on: string, reason: string, { now }: GuardContext): GuardAnswer {
  const target = oneLine(on);
  const what = target === '' ? operation : `${operation} ${target}`;
  const stderr = `locus guard: blocked: ${what}: ${oneLine(reason)}. A person must do this by hand.\n`;
  return { exitCode: 1, stdout: '', stderr, record: { timestamp: now, event: 'guard_block', operation, target } };
}
