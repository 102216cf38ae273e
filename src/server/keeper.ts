import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocusFailure } from '../domain/failures.ts';
import { type KeeperInfo, readKeeper, readLastKeeper } from './keeper-file.ts';
import type { WorkerBuild } from './keeper-socket.ts';
import { holderOf } from './lock.ts';
import { endProcess, isAlive } from './process.ts';
import { ask } from './socket.ts';
import { cacheDir } from './state.ts';
import { buildStamp, builtFile, isNewer, locusVersion } from './version.ts';

const readyMs = 20_000;
/** Longer than the keeper gives its worker and its server. */
const stopMs = 25_000;

export interface EnsureKeeperOptions {
  readonly stateDir: string;
  readonly onProgress: (line: string) => void;
  /** Script of the worker; ours by default. */
  readonly workerScript?: string;
  readonly version?: string;
  readonly build?: string;
}

/** The keeper of a state directory, started where none lives; returns when its Temporal server serves. */
export async function ensureKeeper(options: EnsureKeeperOptions): Promise<KeeperInfo> {
  const { stateDir, workerScript = builtFile('worker.js'), version = locusVersion(), build = buildStamp() } = options;
  const living = await readKeeper(stateDir);
  if (living === null) await startKeeper(options, { script: workerScript, version, build });
  const info = living?.serving ? living : await waitUntilReady(stateDir);
  const isRebuilt = version === info.version && build !== '' && build !== info.build;
  if (!isNewer(version, info.version) && !isRebuilt) return info;
  await ask(info.socket, { kind: 'replaceWorker', script: workerScript, version, build });
  return { ...info, version, build };
}

/** Ends the keeper, its worker and its server, also those that a killed keeper left; false where nothing was there. */
export async function stopKeeper(stateDir: string): Promise<boolean> {
  const holder = await holderOf(lockFile(stateDir));
  const last = await readLastKeeper(stateDir);
  const processes = [holder, last?.worker, last?.server];
  const living = await Promise.all(processes.map((each) => isAlive(each)));
  await endProcess(holder, stopMs);
  // A keeper that ends in time has ended them itself, and perhaps started others since `last` was read.
  const left = (await readLastKeeper(stateDir)) ?? last;
  await endProcess(left?.worker, stopMs);
  await endProcess(left?.server, stopMs);
  if (left && !(await isAlive(await holderOf(lockFile(stateDir))))) {
    await Promise.all([left.socket, lockFile(stateDir)].map((file) => rm(file, { force: true })));
  }
  return living.some(Boolean);
}

async function startKeeper(options: EnsureKeeperOptions, worker: WorkerBuild): Promise<void> {
  const { stateDir, onProgress } = options;
  const { findTemporalBinary } = await import('./binary.ts');
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress });
  await mkdir(path.join(stateDir, 'logs'), { recursive: true, mode: 0o700 });
  const log = openSync(logFile(stateDir), 'a', 0o600);
  try {
    const main = builtFile('server/keeper-main.js');
    const { script, version, build } = worker;
    const flags = ['--state', stateDir, '--binary', binary];
    flags.push('--worker', script, '--version', version, '--build', build);
    spawn(process.execPath, [main, ...flags], {
      cwd: stateDir,
      detached: true,
      env: keeperEnvironment(process.env, stateDir),
      stdio: ['ignore', log, log],
    }).unref();
  } finally {
    closeSync(log);
  }
}

/**
 * The environment without what belongs to the one command that happened to start the keeper: a token would be used for
 * other repositories, and Temporal's variables, or a profile, would lead the worker elsewhere.
 */
export function keeperEnvironment(env: NodeJS.ProcessEnv, stateDir: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(GH|GITHUB)_|^TEMPORAL_/.test(name));
  // A file that is not there is no profile; one without a profile in it, such as /dev/null, is an error.
  const noProfile = path.join(stateDir, 'no-temporal.toml');
  return { ...Object.fromEntries(kept), LOCUS_STATE_DIR: stateDir, TEMPORAL_CONFIG_FILE: noProfile };
}

async function waitUntilReady(stateDir: string): Promise<KeeperInfo> {
  const deadline = Date.now() + readyMs;
  for (;;) {
    const info = await readKeeper(stateDir);
    if (info?.serving) return info;
    if (Date.now() > deadline || info?.problem) {
      const reason = info?.problem ?? (await lastLine(logFile(stateDir))) ?? 'it gave no reason';
      throw new LocusFailure('ServerUnavailable', `the Temporal server did not start: ${reason}`, {
        remedy: `see the logs in ${path.join(stateDir, 'logs')}`,
      });
    }
    await sleep(25);
  }
}

function lockFile(stateDir: string): string {
  return path.join(stateDir, 'keeper.lock');
}

function logFile(stateDir: string): string {
  return path.join(stateDir, 'logs', 'keeper.log');
}

async function lastLine(file: string): Promise<string | null> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, Math.max(0, size - 4096));
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').at(-1) || null;
  } finally {
    await handle.close();
  }
}
