import { type FailureType, LocusFailure } from '../domain/failures.ts';
import { NotStarted } from '../launch/command.ts';
import { start } from '../launch/launcher.ts';
import { commandLine, type Place, surroundings } from './environment.ts';
import { failureOfGit, timedOutExitCode } from './failure.ts';
import { removeStaleLock } from './stale-lock.ts';
import { watchRunning } from './watch.ts';

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
  /** Of one that a signal ended, 128 and its number. */
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

/**
 * Runs git and answers at most so many bytes of its output, for what may not fit into memory. What is not complete ends
 * anywhere.
 */
export async function gitUpTo(
  place: Place,
  args: readonly string[],
  maxBytes: number,
): Promise<{ readonly text: string; readonly complete: boolean }> {
  const ended = await carriedOut(place, args, { timeoutMs: networkTimeoutMs }, maxBytes);
  if (!ended.cut && ended.exitCode !== 0) throw failureOfGit(args, ended);
  return { text: ended.stdout, complete: !ended.cut };
}

async function runOnce(place: Place, args: readonly string[], options: GitOptions): Promise<GitResult> {
  return carriedOut(place, args, options, maxOutputBytes);
}

async function carriedOut(place: Place, args: readonly string[], options: GitOptions, maxBytes: number) {
  const interrupted = () => new LocusFailure('Interrupted', `git ${args[0]} was interrupted`);
  if (options.signal?.aborted) throw interrupted();
  const { cwd, env } = surroundings(place);
  const running = start({
    file: 'git',
    args: commandLine(args, place.objectsDir),
    cwd,
    env: { ...env, ...options.env },
    maxBytes,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  const watch = watchRunning(running, { timeoutMs: localTimeoutMs, ...options });
  try {
    const { exitCode, stdout, stderr, cut } = await running.ended;
    if (watch.ending() === 'interrupted') throw interrupted();
    return {
      exitCode: watch.ending() === 'timed out' ? timedOutExitCode : exitCode,
      stdout: Buffer.from(stdout).toString(options.encoding ?? 'utf8'),
      stderr: Buffer.from(stderr).toString('utf8'),
      cut,
    };
  } catch (error) {
    if (!(error instanceof NotStarted) || error.code !== 'ENOENT') throw error;
    throw new LocusFailure('RepositoryInvalid', 'git or its folder is missing');
  } finally {
    watch.stop();
  }
}
