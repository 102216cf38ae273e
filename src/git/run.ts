import { type FailureType, LocusFailure } from '../domain/failures.ts';
import { type ChildEnd, type ChildOptions, startGit } from './child.ts';
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

export type GitResult = ChildEnd;

export const localTimeoutMs = 60_000;
export const networkTimeoutMs = 600_000;

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
  const { place, args, options = {} } = from;
  const target = startGit(commandLine(to.args), { ...settings(to.place, {}), input: 'open' });
  const { stdin } = target.process;
  const source = startGit(commandLine(args, place.objectsDir), {
    ...settings(place, options),
    onData: (chunk) => {
      if (stdin?.write(chunk) !== false) return;
      source.process.stdout?.pause();
      stdin.once('drain', () => source.process.stdout?.resume());
    },
  });
  // A reader that dies first breaks the pipe; its own exit code says why.
  stdin?.once('error', () => source.process.kill());
  const children = [source, target];
  const watches = children.map((child) => watchGroup(child.process.pid, { timeoutMs: localTimeoutMs, ...options }));
  source.ended.then(
    () => stdin?.end(),
    () => stdin?.end(),
  );
  const [sent, received] = await Promise.all([source.ended, target.ended]).finally(() => {
    for (const watch of watches) watch.stop();
  });
  if (received.exitCode !== 0) throw failureOfGit(to.args, received, 'WorkspaceBroken');
  if (sent.exitCode !== 0) throw failureOfGit(args, sent, 'WorkspaceBroken');
}

/** Reads git's output piece by piece until `onData` answers false; for output that may not fit into memory. */
export async function streamGit(
  place: Place,
  args: readonly string[],
  onData: (chunk: Buffer) => boolean,
): Promise<void> {
  let cut = false;
  const running = startGit(commandLine(args), {
    ...settings(place, {}),
    onData: (chunk) => {
      if (cut || onData(chunk)) return;
      cut = true;
      killGroup(running.process.pid, 'SIGKILL');
    },
  });
  const watch = watchGroup(running.process.pid, { timeoutMs: networkTimeoutMs });
  const ended = await running.ended.finally(watch.stop);
  if (!cut && ended.exitCode !== 0) throw failureOfGit(args, ended);
}

async function runOnce(place: Place, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const interrupted = () => new LocusFailure('Interrupted', `git ${args[0]} was interrupted`);
  if (options.signal?.aborted) throw interrupted();
  const running = startGit(commandLine(args, place.objectsDir), settings(place, options));
  const watch = watchGroup(running.process.pid, { timeoutMs: localTimeoutMs, ...options });
  try {
    const ended = await running.ended;
    if (watch.ending() === 'interrupted') throw interrupted();
    return watch.ending() === 'timed out' ? { ...ended, exitCode: timedOutExitCode } : ended;
  } finally {
    watch.stop();
  }
}

function settings(place: Place, { env, encoding = 'utf8', input }: GitOptions): ChildOptions {
  return {
    cwd: place.workTree ?? place.root ?? place.commonDir,
    env: { ...baseEnvironment(), ...folders(place), ...env },
    encoding,
    ...(input === undefined ? {} : { input }),
  };
}
