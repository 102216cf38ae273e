import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExitFile, readExit } from '../../../src/agents/host/files.ts';
import { attemptsByPid } from '../../../src/agents/host/processes.ts';
import { readWorker } from '../../../src/server/keeper-file.ts';
import { until } from '../../e2e/support/wait.ts';
import type { Environment } from '../../e2e/support/world.ts';

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** A machine with a `locus worker`: a state directory of its own and, where the system allows it, a network of its own. */
export interface Host {
  readonly name: string;
  readonly stateDir: string;
  /** Starts its worker, and answers when that takes tasks. */
  start(): Promise<void>;
  /** Ends its worker as a deployment does; its agents go on. */
  stop(): Promise<void>;
  /** The machine is gone, from one moment to the next: its worker, its agents and those who own them. */
  lose(): Promise<void>;
  /** What it sends and what is sent to it gets lost. */
  cutOff(): void;
  reconnect(): void;
  /** How an attempt of this host has ended; null while it has not. */
  exitOf(attemptId: string): Promise<ExitFile | null>;
  /** Processes of agents, and of those who own them. */
  agentProcesses(): Promise<number[]>;
}

export interface HostOptions {
  readonly name: string;
  readonly folder: string;
  readonly slots: number;
  readonly env: Environment;
  readonly network?: { readonly namespace: string; readonly link: string };
}

export function makeHost({ name, folder, slots, env, network }: HostOptions): Host {
  const stateDir = path.join(folder, `host-${name}`);
  let worker: ChildProcess | null = null;
  const link = (state: 'up' | 'down') => execFileSync('ip', ['link', 'set', network?.link ?? '', state]);

  async function agentProcesses(): Promise<number[]> {
    const own = new Set(await readdir(path.join(stateDir, 'attempts')).catch(() => []));
    return [...(await attemptsByPid())].filter(([, attempt]) => own.has(attempt)).map(([pid]) => pid);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (worker === null || worker.exitCode !== null || worker.signalCode !== null) return;
    const ended = once(worker, 'exit');
    // A command that is killed cannot pass it on to the worker that it has started.
    if (signal === 'SIGKILL') kill((await readWorker(stateDir))?.process.pid);
    worker.kill(signal);
    await ended;
  }

  return {
    name,
    stateDir,
    agentProcesses,
    async start() {
      await mkdir(stateDir, { recursive: true });
      const log = openSync(path.join(folder, `host-${name}.log`), 'a');
      const command = [process.execPath, cli, 'worker'];
      const [program = '', ...args] = network
        ? ['nsenter', `--net=/run/netns/${network.namespace}`, ...command]
        : command;
      worker = spawn(program, args, {
        cwd: folder,
        env: { ...env, LOCUS_STATE_DIR: stateDir, LOCUS_SLOTS: String(slots) } as NodeJS.ProcessEnv,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      await until(`the worker of host ${name} serves`, () => readWorker(stateDir), 60);
    },
    stop: () => end('SIGTERM'),
    async lose() {
      await end('SIGKILL');
      // Those who own agents have the lower pids: none lives to write down how its agent has ended.
      for (const pid of (await agentProcesses()).sort((a, b) => a - b)) kill(pid);
      await until('its agents are gone', async () => (await agentProcesses()).length === 0);
    },
    cutOff: () => link('down'),
    reconnect: () => link('up'),
    exitOf: (attemptId) => readExit(path.join(stateDir, 'attempts', attemptId)),
  };
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
