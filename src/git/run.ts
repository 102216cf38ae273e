import { constants } from 'node:os';
import { execa } from 'execa';
import { type FailureType, LocusFailure } from '../domain/failures.ts';
import { baseEnvironment, commandLine, folders, type Place } from './environment.ts';
import { failureOfGit, timedOutExitCode } from './failure.ts';
import { killGroup, watchGroup } from './group.ts';
import { removeStaleLock } from './stale-lock.ts';

export type { Place };

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
    if (await removeStaleLock(result.stderr)) continue;
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
  const watches = [source, target].map(({ pid }) => watchGroup(pid, { timeoutMs: localTimeoutMs, ...from.options }));
  const [sent, received] = await Promise.all([source, target]).finally(() => {
    for (const watch of watches) watch.stop();
  });
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
    killGroup(running.pid, 'SIGKILL');
  });
  const watch = watchGroup(running.pid, { timeoutMs: networkTimeoutMs });
  const ended = await running.finally(watch.stop);
  if (!cut && ended.exitCode !== 0) throw failureOfGit(args, asResult(ended));
}

async function runOnce(place: Place, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const input = options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input };
  const interrupted = () => new LocusFailure('Interrupted', `git ${args[0]} was interrupted`);
  if (options.signal?.aborted) throw interrupted();
  const running = execa('git', commandLine(args, place.objectsDir), { ...settings(place, options), ...input });
  const watch = watchGroup(running.pid, { timeoutMs: localTimeoutMs, ...options });
  try {
    const ended = await running;
    if (watch.ending() === 'interrupted') throw interrupted();
    return asResult(ended, watch.ending() === 'timed out');
  } finally {
    watch.stop();
  }
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
    // A group of its own, which can be ended as a whole.
    detached: true,
  } as const;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly shortMessage?: string;
}

function asResult(ended: Ended, timedOut = false): GitResult {
  const stdout = typeof ended.stdout === 'string' ? ended.stdout : '';
  const stderr = typeof ended.stderr === 'string' ? ended.stderr : '';
  if (timedOut) return { exitCode: timedOutExitCode, stdout, stderr };
  if (ended.exitCode !== undefined) return { exitCode: ended.exitCode, stdout, stderr };
  if (ended.code === 'ENOENT') throw new LocusFailure('RepositoryInvalid', 'git or its folder is missing');
  const signal = ended.signal as keyof typeof constants.signals | undefined;
  return {
    exitCode: 128 + (signal ? constants.signals[signal] : 0),
    stdout,
    stderr: stderr || (ended.shortMessage ?? ''),
  };
}
