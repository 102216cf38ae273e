import { type FailureDetails, type FailureType, LocusFailure } from '../domain/failures.ts';

interface Said {
  readonly exitCode: number;
  readonly stderr: string;
}

/** As of the program `timeout`. */
export const timedOutExitCode = 124;

/** The largest that git ends with by itself; what a signal ended has 128 and the signal's number. */
const usageExitCode = 129;

const maxQuotedLength = 2000;

/** What git said, as a failure of ours. The first rule that fits decides. */
export function failureOfGit(args: readonly string[], said: Said, otherwise?: FailureType): LocusFailure {
  const rule = rules.find((candidate) => candidate.pattern.test(said.stderr));
  const command = `git ${args[0] ?? ''}`;
  if (said.exitCode === timedOutExitCode) {
    return new LocusFailure(
      isRemoteCommand(args) ? 'RemoteUnavailable' : 'WorkspaceBroken',
      `${command} took too long`,
    );
  }
  // By the system, for want of memory say: it tells nothing of what the remote would have answered.
  if (said.exitCode > usageExitCode && isRemoteCommand(args))
    return new LocusFailure('RemoteUnavailable', `${command} was killed`);
  if (rule) return new LocusFailure(rule.type, `${rule.says}: ${quoted(said.stderr)}`, rule.details, said.stderr);
  const words = quoted(said.stderr) || `it ended with code ${said.exitCode}`;
  return new LocusFailure(otherwise ?? 'WorkspaceBroken', `${command} failed: ${words}`);
}

/** The words for people in git's stderr: the remote's own where there are some, else git's errors; bounded. */
export function quoted(stderr: string): string {
  const lines = withoutCredentials(stderr)
    .split(/[\r\n]+/)
    .map((line) => line.trim());
  const remote = lines.filter((line) => /^remote: *\S/.test(line)).map((line) => line.replace(/^remote: */, ''));
  const errors = lines.filter((line) => /^(fatal|error|ssh):|^ ?! \[/.test(line)).map(withoutPrefix);
  const chosen = remote.length > 0 ? remote : errors.length > 0 ? errors : lines.filter((line) => line !== '');
  const text = chosen.join('; ');
  return text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}…` : text;
}

/** Removes user names and passwords from addresses. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1');
}

function isRemoteCommand(args: readonly string[]): boolean {
  return ['push', 'fetch', 'ls-remote', 'clone'].includes(args[0] ?? '');
}

interface Rule {
  readonly pattern: RegExp;
  readonly type: FailureType;
  readonly says: string;
  readonly details?: FailureDetails;
}

const rules: readonly Rule[] = [
  {
    pattern:
      /Authentication failed|could not read (Username|Password)|Invalid username or (password|token)|terminal prompts disabled/i,
    type: 'CredentialsRefused',
    says: 'the remote does not accept the credentials',
    details: {
      remedy: 'set GITHUB_TOKEN to a token that may write to the repository, or sign in to the remote with git',
    },
  },
  {
    pattern: /Permission denied \(|Host key verification failed/,
    type: 'CredentialsRefused',
    says: 'the remote refuses the ssh key',
    details: { remedy: 'check `ssh -T` to the host of the remote; an ssh key with a passphrase needs an agent' },
  },
  {
    pattern: /returned error: 403|Permission to \S+ denied|HTTP 403/i,
    type: 'PushRefused',
    says: 'the remote does not let these credentials do this',
    details: { remedy: 'give the token or key the right to write to the repository, then `locus run --resume`' },
  },
  {
    pattern:
      /Could not resolve host|Couldn't resolve host|Connection (refused|timed out|reset)|Operation timed out|early EOF|unexpected disconnect|hung up unexpectedly|returned error: (5\d\d|429)|Network is unreachable|Failed to connect|No route to host|kex_exchange|RPC failed|Connection closed by/i,
    type: 'RemoteUnavailable',
    says: 'the remote cannot be reached',
  },
  {
    pattern:
      /Repository not found|repository '.*' not found|does not appear to be a git repository|returned error: 404|No such remote/i,
    type: 'CredentialsRefused',
    says: 'the remote repository is not there, or these credentials may not see it',
    details: { remedy: 'check the address with `git remote -v` and the rights of your credentials' },
  },
  {
    pattern:
      /non-fast-forward|fetch first|stale info|\[(remote )?rejected\]|hook declined|protected branch|GH006|GH013/i,
    type: 'PushRefused',
    says: 'the remote refuses the branch',
  },
  {
    pattern:
      /failed to unpack tree object|unable to read [0-9a-f]{40}|object file .* is empty|loose object .* is corrupt/,
    type: 'WorkspaceBroken',
    says: 'the repository is damaged',
    details: {
      remedy: 'see `git fsck`; what the remote has comes back with `git fetch --refetch`, then `locus run --resume`',
    },
  },
  {
    pattern: /not a git repository/i,
    type: 'RepositoryInvalid',
    says: 'this is not a git repository',
  },
  {
    pattern: /Unable to create '.*\.lock'|could not lock|cannot lock ref/,
    type: 'WorkspaceBroken',
    says: 'another git command holds a lock',
    details: {
      remedy: 'wait for it; where no git runs any more, remove the lock file that is named, then `locus run --resume`',
    },
  },
  {
    pattern: /No space left on device/,
    type: 'WorkspaceBroken',
    says: 'the disk is full',
    details: { remedy: 'make room, then `locus run --resume`' },
  },
];

function withoutPrefix(line: string): string {
  return line.replace(/^(fatal|error): */, '');
}
