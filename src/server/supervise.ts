import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, identify, isAlive, type ProcessIdentity } from './process.ts';

const restartMs = 300;
/** A process that lived longer than this did not die of its start. */
const quickDeathMs = 10_000;
const freeDeaths = 5;
const longestPauseMs = 60_000;

export interface Supervision {
  /** For people: `the worker`. */
  readonly title: string;
  readonly start: () => Promise<ChildProcess>;
  /** A process left by an earlier keeper, to go on with instead of a first start. */
  readonly adopt?: ProcessIdentity | null;
  /** Called with each new process, and with null when it has died; `problem` says why it is not started at once. */
  readonly onChange: (process: ProcessIdentity | null, problem: string | null) => void;
}

export interface Supervised {
  /** Ends the process and starts the next one without a pause. */
  replace(graceMs: number): Promise<void>;
  /** Ends the process for good. */
  stop(graceMs: number): Promise<void>;
}

/** Keeps one process running: starts it again whenever it dies, slower and slower when it dies of its start. */
export function supervise({ title, start, adopt = null, onChange }: Supervision): Supervised {
  const stopping = new AbortController();
  let current: ProcessIdentity | null = null;
  let skipPause = false;

  async function keep(): Promise<void> {
    let quickDeaths = 0;
    for (let adopted = adopt; !stopping.signal.aborted; adopted = null) {
      const began = Date.now();
      const reason = adopted ? await follow(adopted) : await launch();
      current = null;
      if (stopping.signal.aborted) break;
      quickDeaths = skipPause || Date.now() - began > quickDeathMs ? 0 : quickDeaths + 1;
      const pause = skipPause ? 0 : pauseAfter(quickDeaths);
      skipPause = false;
      onChange(null, quickDeaths > freeDeaths ? describe(title, quickDeaths, reason, pause) : null);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
    }
    onChange(null, null);
  }

  async function follow(adopted: ProcessIdentity): Promise<string> {
    current = adopted;
    onChange(adopted, null);
    while (await isAlive(adopted)) await sleep(200);
    return 'gone';
  }

  async function launch(): Promise<string> {
    try {
      const child = await start();
      const ended = endOf(child);
      current = child.pid === undefined ? null : await identify(child.pid);
      if (current !== null) onChange(current, null);
      // A stop that came while it started has found nothing to end.
      if (stopping.signal.aborted) await endProcess(current, 1_000);
      return await ended;
    } catch (error) {
      return (error as Error).message;
    }
  }

  const done = keep();
  return {
    async replace(graceMs) {
      skipPause = current !== null;
      await endProcess(current, graceMs);
    },
    async stop(graceMs) {
      stopping.abort();
      await endProcess(current, graceMs);
      await done;
    },
  };
}

export function pauseAfter(quickDeaths: number): number {
  if (quickDeaths <= 1) return 0;
  if (quickDeaths <= freeDeaths) return restartMs;
  return Math.min(longestPauseMs, 1_000 * 2 ** (quickDeaths - freeDeaths));
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

function describe(title: string, deaths: number, reason: string, pauseMs: number): string {
  return `${title} ended ${deaths} times in a row soon after its start (${reason}); tried again every ${pauseMs / 1000} s`;
}
