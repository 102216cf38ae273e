import { type ChildProcess, spawn } from 'node:child_process';
import { killGroup } from '../launch/direct.ts';
import { commandLine, type Place, surroundings } from './environment.ts';
import { failureOfGit } from './failure.ts';
import { watchRunning } from './watch.ts';

const timeoutMs = 600_000;

interface Half {
  readonly place: Place;
  readonly args: readonly string[];
}

/** Pipes one git command, which reads `input`, into another, as `a | b`; both must end well. */
export async function pipeGit(from: Half, to: Half, input: string): Promise<void> {
  const source = startHalf(from, 'pipe');
  const target = startHalf(to, 'ignore');
  source.stdin?.on('error', () => {});
  source.stdin?.end(input);
  // A reader that dies first breaks the pipe; its own exit code says why.
  target.stdin?.on('error', () => source.kill());
  if (target.stdin) source.stdout?.pipe(target.stdin);
  const watches = [source, target].map(({ pid }) =>
    watchRunning({ kill: (signal) => killGroup(pid, signal) }, { timeoutMs }),
  );
  const [sent, received] = await Promise.all([endOf(source), endOf(target)]).finally(() => {
    for (const watch of watches) watch.stop();
  });
  if (received.exitCode !== 0) throw failureOfGit(to.args, received, 'WorkspaceBroken');
  if (sent.exitCode !== 0) throw failureOfGit(from.args, sent, 'WorkspaceBroken');
}

function startHalf({ place, args }: Half, stdout: 'pipe' | 'ignore'): ChildProcess {
  return spawn('git', commandLine(args, place.objectsDir), {
    ...surroundings(place),
    detached: true,
    stdio: ['pipe', stdout, 'pipe'],
  });
}

function endOf(child: ChildProcess): Promise<{ readonly exitCode: number; readonly stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, stderr }));
  });
}
