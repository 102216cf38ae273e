import { constants } from 'node:os';
import { execa } from 'execa';
import { type FailureType, LocusFailure } from '../domain/failures.ts';
import { failureOfGit, timedOutExitCode } from './failure.ts';

/** Which folders a git command works with. Our git never looks for them itself: what it would find may be an agent's. */
export interface Place {
  readonly commonDir: string;
  readonly workTree?: string;
  /** Where git stands when there is no work tree: a remote may be a relative path. */
  readonly root?: string;
  /** null or absent: the repository's own index. */
  readonly indexFile?: string | null;
  /** Takes new objects, with the repository's own as alternate. */
  readonly objectsDir?: string | null;
}

export interface GitOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** latin1 keeps file names that are not UTF-8 as they are. */
  readonly encoding?: 'utf8' | 'latin1';
  /** The type of a failure that git's words say nothing better about. */
  readonly otherwise?: FailureType;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const localTimeoutMs = 60_000;
export const networkTimeoutMs = 600_000;

const maxOutputBytes = 512 * 1024 * 1024;
const lockedPattern = /Unable to create '.*\.lock'|could not lock|cannot lock ref|Unable to lock/;
const lockWaitsMs = [20, 50, 100, 200, 400, 800];

/** Runs git and answers its stdout without the final newline; any exit code but 0 is a LocusFailure. */
export async function git(place: Place, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const result = await tryGit(place, args, options);
  if (result.exitCode !== 0) throw failureOfGit(args, result, options.otherwise);
  return result.stdout.replace(/\n$/, '');
}

/** Runs git and answers whatever it said; fails only where git could not run, was interrupted or took too long. */
export async function tryGit(place: Place, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  for (const waitMs of lockWaitsMs) {
    const result = await runOnce(place, args, options);
    if (result.exitCode === 0 || !lockedPattern.test(result.stderr)) return result;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return runOnce(place, args, options);
}

/** Pipes one git command into another, as `a | b`; both must end well. */
export async function pipeGit(
  from: { readonly place: Place; readonly args: readonly string[]; readonly options?: GitOptions },
  to: { readonly place: Place; readonly args: readonly string[] },
): Promise<void> {
  const source = execa('git', commandLine(from.args, from.place.objectsDir), {
    ...settings(from.place, from.options ?? {}),
    ...(from.options?.input === undefined ? {} : { input: from.options.input }),
    buffer: { stdout: false },
  });
  const target = execa('git', commandLine(to.args), settings(to.place, {}));
  source.stdout.pipe(target.stdin);
  // A reader that dies first breaks the pipe; its own exit code says why.
  target.stdin.on('error', () => source.kill());
  const [sent, received] = await Promise.all([source, target]);
  if (received.exitCode !== 0) throw failureOfGit(to.args, asResult(received), 'WorkspaceBroken');
  if (sent.exitCode !== 0) throw failureOfGit(from.args, asResult(sent), 'WorkspaceBroken');
}

/** Reads git's output piece by piece until `onData` answers false; for output that may not fit into memory. */
export async function streamGit(
  place: Place,
  args: readonly string[],
  onData: (chunk: Buffer) => boolean,
): Promise<void> {
  const running = execa('git', commandLine(args), { ...settings(place, {}), buffer: { stdout: false } });
  let cut = false;
  running.stdout.on('data', (chunk: Buffer) => {
    if (cut || onData(chunk)) return;
    cut = true;
    running.kill('SIGKILL');
  });
  const ended = await running;
  if (!cut && ended.exitCode !== 0) throw failureOfGit(args, asResult(ended));
}

/** What git inherits: no variable that points at another repository, index or configuration, and no prompt. */
export function baseEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || (name.startsWith('GIT_') && !inheritedGitVariable.test(name))) continue;
    env[name] = value;
  }
  return { ...env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '', GIT_OPTIONAL_LOCKS: '0' };
}

const inheritedGitVariable =
  /^GIT_(AUTHOR|COMMITTER)_|^GIT_SSH|^GIT_SSL_|^GIT_HTTP_|^GIT_PROXY|^GIT_EXEC_PATH$|^GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)$/;

// Nothing that a work tree or a planted configuration could make git run, and nothing that works in the background.
const config: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.trustctime': 'true',
  'core.checkStat': 'default',
  'core.bare': 'false',
  'core.quotePath': 'true',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'protocol.ext.allow': 'never',
  'advice.detachedHead': 'false',
  'credential.interactive': 'false',
};

// Caches beside the agent's objects could describe commits that the objects themselves do not hold.
const withForeignObjects: Readonly<Record<string, string>> = {
  'core.commitGraph': 'false',
  'core.multiPackIndex': 'false',
};

async function runOnce(place: Place, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const input = options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input };
  const ended = await execa('git', commandLine(args, place.objectsDir), { ...settings(place, options), ...input });
  if (ended.isCanceled) throw new LocusFailure('Interrupted', `git ${args[0]} was interrupted`, {}, ended);
  return asResult(ended);
}

function commandLine(args: readonly string[], objectsDir?: string | null): string[] {
  const entries = Object.entries(objectsDir ? { ...config, ...withForeignObjects } : config);
  return [...entries.flatMap(([key, value]) => ['-c', `${key}=${value}`]), ...args];
}

function settings(place: Place, options: GitOptions) {
  return {
    cwd: place.workTree ?? place.root ?? place.commonDir,
    env: { ...baseEnvironment(), ...folders(place), ...options.env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    encoding: options.encoding ?? 'utf8',
    maxBuffer: maxOutputBytes,
    timeout: options.timeoutMs ?? localTimeoutMs,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  } as const;
}

function folders(place: Place): Record<string, string> {
  const env: Record<string, string> = { GIT_DIR: place.commonDir, GIT_COMMON_DIR: place.commonDir };
  if (place.workTree !== undefined) env.GIT_WORK_TREE = place.workTree;
  if (place.indexFile) env.GIT_INDEX_FILE = place.indexFile;
  if (place.objectsDir) {
    env.GIT_OBJECT_DIRECTORY = place.objectsDir;
    // Quoted, because a colon separates the folders of this list.
    env.GIT_ALTERNATE_OBJECT_DIRECTORIES = JSON.stringify(`${place.commonDir}/objects`);
  }
  return env;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly shortMessage?: string;
}

function asResult(ended: Ended): GitResult {
  const stdout = typeof ended.stdout === 'string' ? ended.stdout : '';
  const stderr = typeof ended.stderr === 'string' ? ended.stderr : '';
  if (ended.timedOut) return { exitCode: timedOutExitCode, stdout, stderr };
  if (ended.exitCode !== undefined) return { exitCode: ended.exitCode, stdout, stderr };
  if (ended.code === 'ENOENT') throw new LocusFailure('RepositoryInvalid', 'git or its folder is missing');
  const signal = ended.signal as keyof typeof constants.signals | undefined;
  return {
    exitCode: 128 + (signal ? constants.signals[signal] : 0),
    stdout,
    stderr: stderr || (ended.shortMessage ?? ''),
  };
}
