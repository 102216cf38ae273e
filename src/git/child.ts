import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { LocusFailure } from '../domain/failures.ts';
import { killGroup } from './group.ts';

export interface ChildOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly encoding: 'utf8' | 'latin1';
  /** What git reads; `open`: the caller writes to its stdin. Left out: nothing. */
  readonly input?: string | Uint8Array | 'open';
  /** Takes stdout piece by piece, which is then not collected. */
  readonly onData?: (chunk: Buffer) => void;
}

export interface ChildEnd {
  /** Of one that a signal ended, 128 and its number, as a shell tells it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly process: ChildProcess;
  /** When all that holds its output has ended too. */
  readonly ended: Promise<ChildEnd>;
}

const maxOutputBytes = 512 * 1024 * 1024;

/** Starts git in a process group of its own, which can be ended as a whole. */
export function startGit(args: readonly string[], options: ChildOptions): Child {
  const { cwd, env, input } = options;
  const child = spawn('git', args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child, options);
  // A git that ends before it has read everything says why by its exit code.
  child.stdin?.on('error', () => {});
  if (input !== 'open') child.stdin?.end(input);
  return { process: child, ended };
}

function endOf(child: ChildProcess, { encoding, onData }: ChildOptions): Promise<ChildEnd> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let size = 0;
  const into = (chunks: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutputBytes) killGroup(child.pid, 'SIGKILL');
    else chunks.push(chunk);
  };
  child.stdout?.on('data', onData ?? into(out));
  child.stderr?.on('data', into(err));
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(error)));
    child.once('close', (code, signal) => {
      resolve({
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        stdout: Buffer.concat(out).toString(encoding),
        stderr: Buffer.concat(err).toString('utf8'),
      });
    });
  });
}

function notStarted(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  return new LocusFailure('RepositoryInvalid', 'git or its folder is missing');
}
