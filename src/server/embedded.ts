import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { searchAttributes } from '../domain/search-attributes.ts';
import { listensAt } from './listening.ts';
import { choosePort } from './ports.ts';

export const embeddedNamespace = 'default';
export const defaultPorts: ServerPorts = { grpc: 7233, ui: 8233 };
/** How long finished runs can be looked at; the server's own default is one day. */
const retention = '90d';

export interface ServerPorts {
  readonly grpc: number;
  readonly ui: number;
}

/** The server's queues poll 20 times a second by default, which makes every activity wait up to 100 ms. */
const pollRates = ['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS=1000`);
/**
 * A task queue has four parts. What is in one of the other three when a worker comes, as at a start, is offered to the first
 * only once a second. All four are still read, for what an older Locus has left there.
 */
const onePartToWrite = 'matching.numTaskqueueWritePartitions=1';
export const dynamicConfig: string[] = [...pollRates, onePartToWrite].flatMap((value) => [
  '--dynamic-config-value',
  value,
]);

/** The ports of the last start where they are free, so that links stay valid; else the usual ones; else any. */
export async function choosePorts(last: ServerPorts | null): Promise<ServerPorts> {
  const grpc = await choosePort(last ? [last.grpc, defaultPorts.grpc] : [defaultPorts.grpc]);
  const ui = await choosePort(last ? [last.ui, defaultPorts.ui] : [defaultPorts.ui], [grpc]);
  return { grpc, ui };
}

/** Starts the server in a session of its own: what ends the keeper's terminal or the keeper itself leaves it alone. */
export function startServer(binary: string, stateDir: string, ports: ServerPorts): ChildProcess {
  const log = openSync(path.join(stateDir, 'logs', 'server.log'), 'a', 0o600);
  try {
    return spawn(binary, serverArguments(path.join(stateDir, 'temporal.db'), ports), {
      cwd: stateDir,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

export function serverArguments(database: string, { grpc, ui }: ServerPorts): string[] {
  const attributes = Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`);
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(grpc)],
    ...['--ui-ip', '127.0.0.1', '--ui-port', String(ui)],
    ...['--db-filename', database, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL'],
    ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
    ...dynamicConfig,
    ...['--log-level', 'error', '--log-format', 'json'],
  ];
}

/** Returns true when the server answers and keeps finished runs long enough; false when `isGone` says that it died. */
export async function waitUntilServing(
  binary: string,
  { pid, ports }: { readonly pid: number; readonly ports: ServerPorts },
  isGone: () => boolean,
): Promise<boolean> {
  while (!isGone()) {
    if ((await listensAt(pid, ports.grpc)) && (await setRetention(binary, ports))) return !isGone();
    await sleep(30);
  }
  return false;
}

/** It goes through the program itself: a Temporal client would double the keeper's memory. */
async function setRetention(binary: string, ports: ServerPorts): Promise<boolean> {
  const address = `127.0.0.1:${ports.grpc}`;
  const { exitCode } = await execa(
    binary,
    ['operator', 'namespace', 'update', '--address', address, '-n', embeddedNamespace, '--retention', retention],
    { reject: false, timeout: 10_000, stdin: 'ignore' },
  );
  return exitCode === 0;
}
