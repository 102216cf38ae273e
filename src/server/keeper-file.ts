import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ServerPorts } from './embedded.ts';
import { identify, isAlive, type ProcessIdentity } from './process.ts';

/** What the keeper tells everyone, in `<state>/keeper.json`. No secrets. */
export interface KeeperInfo {
  /** Of the code its worker runs. */
  readonly version: string;
  /** Tells two builds of one version apart. */
  readonly build: string;
  readonly keeper: ProcessIdentity;
  readonly server: ProcessIdentity | null;
  readonly worker: ProcessIdentity | null;
  readonly ports: ServerPorts;
  /** `host:port` of the Temporal server. */
  readonly address: string;
  readonly namespace: string;
  readonly uiBase: string;
  readonly socket: string;
  readonly serving: boolean;
  /** Why the server does not stay up, for people. */
  readonly problem: string | null;
  /** Why the worker does not. */
  readonly workerProblem: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A worker that has connected and takes tasks. */
export interface WorkerInfo {
  readonly process: ProcessIdentity;
  readonly address: string;
  readonly version: string;
}

/** What the living keeper of a state directory says; null where none lives. */
export async function readKeeper(stateDir: string): Promise<KeeperInfo | null> {
  const info = await readLastKeeper(stateDir);
  return info !== null && (await isAlive(info.keeper)) ? info : null;
}

/** What the last keeper said, also when it was killed. */
export async function readLastKeeper(stateDir: string): Promise<KeeperInfo | null> {
  return readJson<KeeperInfo>(keeperFile(stateDir));
}

export function writeKeeper(stateDir: string, info: KeeperInfo): void {
  writeWhole(keeperFile(stateDir), info);
}

export function keeperFile(stateDir: string): string {
  return path.join(stateDir, 'keeper.json');
}

/** Called by a worker once it runs: tells commands that tasks are taken from now on. */
export async function announceWorker(
  stateDir: string,
  worker: { readonly pid: number; readonly address: string; readonly version: string },
): Promise<void> {
  const identity = await identify(worker.pid);
  if (identity === null) return;
  const info: WorkerInfo = { process: identity, address: worker.address, version: worker.version };
  writeWhole(path.join(stateDir, 'worker.json'), info);
}

/** The worker that announced itself last, while it lives. */
export async function readWorker(stateDir: string): Promise<WorkerInfo | null> {
  const info = await readJson<WorkerInfo>(path.join(stateDir, 'worker.json'));
  return info !== null && (await isAlive(info.process)) ? info : null;
}

/** Synchronous, so that a keeper that is killed right after it started a process has written its pid down. */
function writeWhole(file: string, content: object): void {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
