import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Command, type CommandEnd, NotStarted, type Running } from './command.ts';

/** Starts a program from this very process. */
export function startDirectly(command: Command): Running & { readonly pid: number | undefined } {
  const { file, args, cwd, env, input } = command;
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const kill = (signal: NodeJS.Signals) => killGroup(child.pid, signal);
  const ended = endOf(child, command.maxBytes, kill);
  // One that ends before it has read everything says why by its exit code.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  return { pid: child.pid, ended, kill };
}

export function startForGoodDirectly({ file, args, cwd, env }: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: 'ignore' });
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
    child.once('error', (error: NodeJS.ErrnoException) => reject(new NotStarted(error.message, error.code)));
  });
}

export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

function endOf(child: ChildProcess, maxBytes: number, kill: (signal: NodeJS.Signals) => void): Promise<CommandEnd> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let size = 0;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      chunks[name].push(chunk.subarray(0, Math.max(0, maxBytes - size)));
      size += chunk.length;
      if (size > maxBytes) kill('SIGKILL');
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(new NotStarted(error.message, error.code)));
    child.once('close', (code, signal) => {
      resolve({
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        stdout: Buffer.concat(chunks.stdout),
        stderr: Buffer.concat(chunks.stderr),
        cut: size > maxBytes,
      });
    });
  });
}
