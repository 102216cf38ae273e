import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExitFile, readExit } from '../../../src/agents/host/files.ts';
import { readWorker } from '../../../src/server/keeper-file.ts';
import { until } from '../../e2e/support/wait.ts';
import type { Environment } from '../../e2e/support/world.ts';

const attempt = 'LOCUS_ATTEMPT=';
const cli = fileURLToPath(new URL('../../../dist/bin/cli.js', import.meta.url));

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

  /** Of agents and of those who own them; with `all`, of the worker and of what it has started too. */
  async function processes(all: boolean): Promise<number[]> {
    const own = new Set(await readdir(path.join(stateDir, 'attempts')).catch(() => []));
    const isOurs = (environment: string[]) =>
      environment.some((variable) => variable.startsWith(attempt) && own.has(variable.slice(attempt.length))) ||
      (all && environment.includes(`LOCUS_STATE_DIR=${stateDir}`));
    return (await environments()).filter(([, environment]) => isOurs(environment)).map(([pid]) => pid);
  }

  return {
    name,
    stateDir,
    agentProcesses: () => processes(false),
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
    async stop() {
      const ended = once(worker!, 'exit');
      worker!.kill('SIGTERM');
      await ended;
    },
    async lose() {
      // Again and again, as they go on starting others; those who own agents first, so that none of them writes down
      // how its agent has ended.
      await until(`host ${name} is gone`, async () => {
        const left = (await processes(true)).sort((one, other) => one - other);
        for (const pid of left) kill(pid);
        return left.length === 0;
      });
    },
    cutOff: () => link('down'),
    reconnect: () => link('up'),
    exitOf: (attemptId) => readExit(path.join(stateDir, 'attempts', attemptId)),
  };
}

/** Of every process: its pid and the environment that it was started with. */
async function environments(): Promise<[number, string[]][]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string): Promise<[number, string[]]> => [
    Number(pid),
    (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0'),
  ];
  return Promise.all(pids.map(read));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
