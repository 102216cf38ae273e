import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestRepository } from '../e2e/support/repository.ts';
import type { World } from '../e2e/support/world.ts';

const cli = fileURLToPath(new URL('../../dist/bin/cli.js', import.meta.url));
const program = fileURLToPath(new URL('./terminal.py', import.meta.url));

/** Whether this machine has what makes a terminal; a Python does. */
export const canOpenTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;

export interface Terminal {
  /** What stands on it so far. */
  text(): string;
  press(key: 'ctrl-c' | 'esc' | 'twice' | 'hangup'): void;
  /** A line, and Enter. */
  type(line: string): void;
  /** Exit code of what ran in it. */
  readonly ended: Promise<number | null>;
}

export const canOpenShell = canOpenTerminal && spawnSync('bash', ['-c', 'true']).status === 0;

/** `locus` in a terminal of its own, as a person has it. */
export function inTerminal(world: World, repository: TestRepository, args: readonly string[]): Terminal {
  return openTerminal(world, repository, [process.execPath, cli, ...args]);
}

/** A shell in a terminal, which knows `locus`. */
export function shellInTerminal(world: World, repository: TestRepository): Terminal {
  const terminal = openTerminal(world, repository, ['bash', '--noprofile', '--norc', '-i']);
  terminal.type(`alias locus='${process.execPath} ${cli}'`);
  return terminal;
}

function openTerminal(world: World, repository: TestRepository, command: readonly string[]): Terminal {
  const env = { ...world.env, ...repository.env, TERM: 'xterm' } as NodeJS.ProcessEnv;
  const child = spawn('python3', [program, ...command], {
    cwd: repository.root,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  world.onEnd(async () => void child.kill());
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  return {
    text: () => text,
    press: (key) => child.stdin.write(`${key}\n`),
    type: (line) => child.stdin.write(`type ${line}\n`),
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code))),
  };
}
