import { isProtected, neverAllowed } from '../guard.ts';
import { oneLine } from '../text.ts';
import { allowed, blocked, type GuardAnswer, type GuardContext, guardUsage, judged, usage } from './guard-answer.ts';
import { checkout, pullRequest, push } from './guard-operations.ts';
import { type PushModeFlags, pushMode } from './push-mode.ts';
import { targetBranch, targetName } from './target-name.ts';

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
  if (isProtected(name, context.defaultBranch, context.alsoProtected)) return allowed('true\n');
  if (!context.isDefaultUnknown) return { ...allowed('false\n'), exitCode: 1 };
  return { ...allowed('true\n'), stderr: 'the default branch is not known, and this may be it\n' };
}

function ensureBranch(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const [target = '', ...more] = args;
  if (target.trim() === '' || more.length > 0) return usage('ensure-branch takes one target or branch');
  const day = context.now.slice(0, 10).replaceAll('-', '');
  const branch = target.includes('/') ? target : targetBranch(targetName(target) ?? target, day);
  const answers = [target, branch].map((name) => judged(operation, 'create', name, context, `${branch}\n`));
  return answers.find(({ exitCode }) => exitCode !== 0) ?? allowed(`${branch}\n`);
}

function pushModeAnswer(args: readonly string[], context: GuardContext): GuardAnswer {
  const known = ['--local', '--confirm-push'];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) return usage(`push-mode does not take ${JSON.stringify(oneLine(unknown))}`);
  if (context.configProblem !== undefined) return usage(context.configProblem);
  const flags: PushModeFlags = { local: args.includes('--local'), confirmPush: args.includes('--confirm-push') };
  try {
    const { mode, note } = pushMode(flags, context.autoPush);
    return { ...allowed(`${mode}\n`), stderr: note === null ? '' : `${note}\n` };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function validate(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  if (args.length > 0) return usage('validate takes no arguments: it judges the current branch');
  const branch = context.currentBranch ?? 'HEAD';
  return judged(operation, 'validate', branch, context, `${branch}\n`);
}

function isNeverAllowed(operation: string): boolean {
  return neverAllowed.some((each) => each === operation);
}
