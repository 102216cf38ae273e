import { isProtected, judgeOperation, type Operation, type PushContext } from '../guard.ts';
import { oneLine } from '../text.ts';
import type { CommandAnswer } from './command-answer.ts';

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
  /** Nobody has told the default branch yet: it may be any. */
  readonly isDefaultUnknown?: boolean;
  /** Names of the repository's remotes. */
  readonly remotes: readonly string[];
  /** The config's `run_mode.git.auto_push`, as it was read. */
  readonly autoPush: unknown;
  /** Why the config could not be read, which `push-mode` alone goes by. */
  readonly configProblem?: string;
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

export function judged(
  name: string,
  operation: Operation,
  branch: string,
  context: GuardContext,
  out: string,
): GuardAnswer {
  const { allowed: isAllowed, target, reason } = judgeOperation(operation, branch, judging(context));
  return isAllowed ? allowed(out) : blocked(name, target, reason, context);
}

export function judging(context: GuardContext): PushContext {
  return { ...context, profile: 'gated' };
}

export function allowed(stdout: string): GuardAnswer {
  return { exitCode: 0, stdout, stderr: '', record: null };
}

export function usage(problem: string): GuardAnswer {
  return { exitCode: 2, stdout: '', stderr: `locus guard: ${problem}\n\n${guardUsage}`, record: null };
}

/** For what is not asked rightly: a usage error, unless a branch that it names is protected whatever was meant. */
export function misasked(
  operation: string,
  problem: string,
  named: readonly string[],
  context: GuardContext,
): GuardAnswer {
  const { defaultBranch, alsoProtected } = context;
  const target = named.find((name) => isProtected(name, defaultBranch, alsoProtected));
  return target === undefined ? usage(problem) : blocked(operation, target, 'the branch is protected', context);
}

export function blocked(operation: string, on: string, reason: string, { now }: GuardContext): GuardAnswer {
  const target = oneLine(on);
  const what = target === '' ? operation : `${operation} ${target}`;
  const stderr = `locus guard: blocked: ${what}: ${oneLine(reason)}. A person must do this by hand.\n`;
  return { exitCode: 1, stdout: '', stderr, record: { timestamp: now, event: 'guard_block', operation, target } };
}
