import { judgePush } from '../guard.ts';
import {
  allowed,
  blocked,
  type GuardAnswer,
  type GuardContext,
  judged,
  judging,
  misasked,
  usage,
} from './guard-answer.ts';
import { optionsOf } from './guard-options.ts';

export function checkout(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const { positional, given, unknown } = optionsOf(args, { flags: ['-q', '--quiet', '-b', '-B', '--detach'] });
  const [branch = '', ...start] = positional;
  const [folder = ''] = branch.split('/');
  const isOfRemote = branch !== folder && isRemote(folder, context);
  const named = [isOfRemote ? branch.slice(folder.length + 1) : branch];
  if (unknown !== null) return misasked(operation, `checkout does not take ${JSON.stringify(unknown)}`, named, context);
  if (given.has('--detach')) return blocked(operation, 'HEAD', 'a detached HEAD is not a safe branch', context);
  const isNew = given.has('-b') || given.has('-B');
  if (!isNew && (isOfRemote || noBranch.test(branch))) {
    return blocked(operation, branch, 'it is not the name of a branch here, and would detach HEAD', context);
  }
  if (branch === '' || start.length > (isNew ? 1 : 0)) {
    return misasked(operation, 'checkout takes one branch', named, context);
  }
  return judged(operation, isNew ? 'create' : 'checkout', branch, context, '');
}

// git takes a branch by its name alone: of `refs/heads/x` and `heads/x`, too, it checks out the commit.
const noBranch = /^(?:refs|heads|tags|remotes)\/|^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i;

export function push(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const harmless = ['-q', '--quiet', '-v', '--verbose', '-n', '--dry-run', '--porcelain', '-u', '--set-upstream'];
  const { positional, given, unknown } = optionsOf(args, { flags: [...harmless, ...refusedOfPush] });
  const refused = refusedOfPush.find((flag) => given.has(flag));
  if (refused !== undefined) return blocked(operation, args.join(' '), `${refused} is never allowed`, context);
  const [first = ''] = positional;
  const isPlace = isRemote(first, context) || address.test(first);
  const refspecs = refspecsOf(positional.length > 1 || isPlace ? positional.slice(1) : positional, context);
  if (unknown !== null) {
    const named = refspecs.map((refspec) => refspec.replace(/^.*:|^\+/, ''));
    return misasked(operation, `${operation} does not take ${JSON.stringify(unknown)}`, named, context);
  }
  if (refspecs.length === 0) return usage(`${operation} takes a remote and the branch to push to`);
  for (const refspec of refspecs) {
    const { allowed: isAllowed, target, reason } = judgePush(refspec, judging(context));
    if (!isAllowed) return blocked(operation, target || refspec, reason, context);
  }
  return allowed('');
}

// With a scheme, with a user or a domain before its colon, or with the usual ending.
const address = /:\/\/|^[^/:]+(?:@[^/:]+|\.[a-z]{2,}):|\.git\/?$/i;

/** What git makes of the words after the remote: `HEAD` is the current branch, `tag v1` a tag. */
function refspecsOf([word, ...more]: readonly string[], context: GuardContext): string[] {
  if (word === undefined) return [];
  const [tag, ...others] = more;
  if (word === 'tag' && tag !== undefined) return [`refs/tags/${tag}`, ...refspecsOf(others, context)];
  const refspec = word.replace(/^(\+?)(?:HEAD|@)$/, (_, plus) => `${plus}${context.currentBranch ?? 'HEAD'}`);
  return [refspec, ...refspecsOf(more, context)];
}

// Each replaces or takes away what the remote has, or pushes more than was named.
const refusedOfPush = [
  ...['-f', '--force', '--force-with-lease', '--force-if-includes', '-d', '--delete', '--prune'],
  ...['--mirror', '--all', '--branches', '--tags', '--follow-tags'],
];

export function pullRequest(args: readonly string[], context: GuardContext, operation: string): GuardAnswer {
  const flags = ['--draft', '-d', '--ready', '--no-draft', '--draft=false', '--draft=true'];
  const values = ['--head', '-H', '--base', '-B', '--title', '-t', '--body', '-b'];
  const { given, unknown } = optionsOf(args, { flags, values });
  const named = given.get('--head') ?? given.get('-H');
  const head = named ?? context.currentBranch ?? 'HEAD';
  // A fork's branch is written owner:branch.
  const branch = head.slice(head.indexOf(':') + 1);
  if (unknown !== null) {
    const problem = `pr-create does not take ${JSON.stringify(unknown)}`;
    return misasked(operation, problem, named === undefined ? [] : [branch], context);
  }
  const empty = values.find((name) => given.get(name) === '');
  if (empty !== undefined) return usage(`${empty} takes a value`);
  const base = given.get('--base') ?? given.get('-B') ?? context.defaultBranch;
  return judged(operation, 'pr-create', branch, context, `${JSON.stringify({ draft: true, base, head })}\n`);
}

function isRemote(word: string, { remotes }: GuardContext): boolean {
  return word === 'origin' || remotes.includes(word);
}
