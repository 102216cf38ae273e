import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  choosePorts,
  defaultPorts,
  embeddedNamespace,
  type ServerPorts,
  startServer,
  waitUntilServing,
} from './embedded.ts';
import { type KeeperInfo, readLastKeeper, writeKeeper } from './keeper-file.ts';
import { serveSocket, type WorkerBuild } from './keeper-socket.ts';
import { takeLock } from './lock.ts';
import { endProcess, identify, isAlive, type ProcessIdentity } from './process.ts';
import { socketPath } from './socket.ts';
import { type Supervised, supervise } from './supervise.ts';
import { workerEnvironment, workerNodeOptions } from './worker-environment.ts';

/** A worker only has to let go of its agents, which go on without it. */
const workerGraceMs = 10_000;
const serverGraceMs = 10_000;

interface KeeperOptions extends WorkerBuild {
  readonly stateDir: string;
  readonly binary: string;
}

/** The background process of a state directory: it owns the embedded server and a worker, and starts either again. */
async function keep(options: KeeperOptions): Promise<void> {
  const { stateDir, binary } = options;
  const release = await takeLock(path.join(stateDir, 'keeper.lock'));
  if (release === null) return;
  const self = await identify(process.pid);
  if (self === null) throw new Error('the keeper cannot identify itself');
  const last = await readLastKeeper(stateDir);
  const adopted = (await isAlive(last?.server)) ? (last?.server ?? null) : null;
  let { script } = options;
  let info = firstInfo(options, self, last, await socketPath(stateDir));
  let worker: Supervised | null = null;
  let workerAddress: string | null = null;
  let stopping = false;
  const tell = (change: Partial<KeeperInfo>) => {
    info = { ...info, ...change };
    writeKeeper(stateDir, info);
  };

  const oldWorkerEnded = endProcess(last?.worker, workerGraceMs);
  const socket = await serveSocket(info.socket, {
    status: () => info,
    replaceWorker: (build) => {
      script = build.script;
      tell({ version: build.version, build: build.build });
      void worker?.replace(workerGraceMs);
    },
  });
  const server = supervise({
    title: 'the Temporal server',
    adopt: adopted,
    start: async () => {
      const ports = await choosePorts(info.ports);
      tell({ ports, ...addressesOf(ports) });
      return startServer(binary, stateDir, ports);
    },
    onChange: (process, problem) => {
      tell({ server: process, serving: false, problem });
      if (process !== null) void serve(process);
    },
  });

  async function serve(process: ProcessIdentity): Promise<void> {
    const { ports } = info;
    if (!(await waitUntilServing(binary, { pid: process.pid, ports }, () => info.server?.pid !== process.pid))) return;
    tell({ serving: true });
    await oldWorkerEnded;
    if (stopping) return;
    if (worker === null) startWorker();
    else if (workerAddress !== info.address) await worker.replace(workerGraceMs);
  }

  function startWorker(): void {
    worker = supervise({
      title: 'the worker',
      start: async () => {
        workerAddress = info.address;
        return spawnWorker(stateDir, script);
      },
      onChange: (process, problem) => tell({ worker: process, workerProblem: problem }),
    });
  }

  async function stop(): Promise<void> {
    stopping = true;
    socket.close();
    await worker?.stop(workerGraceMs);
    await server.stop(serverGraceMs);
    await rm(info.socket, { force: true });
    await release?.();
  }

  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
    process.on('SIGHUP', () => {});
  });
  await stop();
}

function firstInfo(
  { version, build }: KeeperOptions,
  keeper: ProcessIdentity,
  last: KeeperInfo | null,
  socket: string,
): KeeperInfo {
  const ports = last?.ports ?? defaultPorts;
  return {
    ...{ version, build, keeper, server: null, worker: null, ports, ...addressesOf(ports), socket },
    ...{
      namespace: embeddedNamespace,
      serving: false,
      problem: null,
      workerProblem: null,
      startedAt: new Date().toISOString(),
    },
  };
}

function addressesOf({ grpc, ui }: ServerPorts): Pick<KeeperInfo, 'address' | 'uiBase'> {
  return { address: `127.0.0.1:${grpc}`, uiBase: `http://127.0.0.1:${ui}` };
}

function spawnWorker(stateDir: string, script: string) {
  const log = openSync(path.join(stateDir, 'logs', 'worker.log'), 'a', 0o600);
  try {
    return spawn(process.execPath, [...workerNodeOptions, script], {
      cwd: stateDir,
      detached: true,
      env: workerEnvironment(stateDir),
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({ options: { state: text, binary: text, worker: text, version: text, build: text } });
const { state: stateDir, binary, worker: script, version, build } = values;
await keep({ stateDir, binary, script, version, build });
process.exit(0);
