import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../domain/events.ts';
import { builtFile } from '../server/version.ts';
import type { Place } from './place.ts';

export interface SprintRun {
  /** What `locus run --json` says, in its order; ends when the run does. */
  readonly events: AsyncIterable<RunEvent>;
  /** What it says to people. */
  readonly notes: readonly string[];
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number>;
  /** Lets go of the run, which goes on without it. */
  leave(): Promise<void>;
}

/** Starts `locus run` in the throwaway repository as a person would, only that its output is for programs. */
export function startSprint({ repository }: Place, onWarning: (line: string) => void): SprintRun {
  // --wait: Ctrl+C reaches every process of the terminal, and would make this one halt the run.
  const child = spawn(process.execPath, [builtFile('bin/cli.js'), 'run', '--json', '--wait'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const notes: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    notes.push(line);
    if (line.startsWith('warning:')) onWarning(line);
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
  ended.catch(() => {});
  return {
    events: parsed(createInterface(child.stdout)),
    notes,
    ended,
    async leave() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<RunEvent> {
  for await (const line of lines) yield JSON.parse(line) as RunEvent;
}
