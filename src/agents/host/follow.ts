import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentReport } from '../../domain/agent.ts';
import type { Agent } from '../agent.ts';
import { attemptFiles, attemptIdOf, type ExitFile, look, readExit, readStarted } from './files.ts';
import { type LedgerOptions, sessionLedger } from './ledger.ts';
import { readLines } from './lines.ts';
import { isLive } from './live.ts';
import { bootId } from './processes.ts';
import { transcript } from './transcript.ts';
import { wakeUp } from './wake.ts';

export interface FollowOptions extends LedgerOptions {
  readonly agent: Pick<Agent, 'provider' | 'reader' | 'usageReader'>;
  /** Called after each batch of lines that changed the report, with the fold of everything since the first line. */
  readonly onProgress?: (report: AgentReport) => void;
  /** Stops following and rejects with its reason; the agent goes on. */
  readonly signal?: AbortSignal;
  /** Default 5. Must be less than the host's tick of 15 s. */
  readonly touchLeaseEverySeconds?: number;
  /** Asked before each touch: false while the worker has lost its server. */
  readonly mayTouchLease?: () => boolean;
  /** Time without output after which the attempt counts as stalled. Left out: never. */
  readonly stallMs?: number;
  /** Cost in USD at which an agent that still works counts as overspent. Left out or null: never. */
  readonly allowanceUsd?: number | null;
  /** How much of the answer is kept, 64 KB by default. */
  readonly answerBytes?: number;
}

export interface AttemptEnd {
  /**
   * `killed`: something ended the agent from outside, or its host is gone without a word; its session can be gone on
   * with. `rebooted`: the machine was, and took the agent along. `stalled` and `overspent`: it still runs. The caller ends the rest of it with `endAgent` in every case.
   */
  readonly outcome: 'exited' | 'killed' | 'rebooted' | 'deadline' | 'orphaned' | 'ended' | 'stalled' | 'overspent';
  readonly code: number | null;
  readonly report: AgentReport;
  /** At most 2 KB. */
  readonly stderrTail: string;
  /** Provider `command`: its stdout. Others: the final result. At most `answerBytes`, of which the end is kept. */
  readonly answer: string;
  readonly durationMs: number;
}

/** Reads an attempt's output from its start until the agent has ended. Any number of followers, one after the other. */
export async function followAttempt(dir: string, options: FollowOptions): Promise<AttemptEnd> {
  attemptIdOf(dir);
  const { signal } = options;
  signal?.throwIfAborted();
  const wake = wakeUp(dir, signal);
  const stopTouching = keepLease(dir, options);
  const lines = readLines(path.join(dir, attemptFiles.events), signal);
  const words = transcript(options.agent, options);
  const ledger = sessionLedger(dir, options, signal);
  const silence = silenceOf(dir);
  const attachedAt = performance.now();

  function report(): AgentReport {
    return { ...words.report(), ...ledger.figures() };
  }

  async function drain(): Promise<void> {
    const before = report();
    await lines.readNew(words.add);
    await ledger.readNew(words.report().session);
    const { eventCount, costUsd } = report();
    if (eventCount !== before.eventCount || costUsd !== before.costUsd) options.onProgress?.(report());
  }

  function isOverspent(): boolean {
    const { allowanceUsd } = options;
    return allowanceUsd != null && !words.isDone() && report().costUsd >= allowanceUsd;
  }

  async function ended(outcome: AttemptEnd['outcome'], exit: ExitFile | null): Promise<AttemptEnd> {
    await drain();
    const gone = outcome === 'killed' && (await isOfAnotherBoot(dir)) ? 'rebooted' : outcome;
    if (outcome !== 'stalled' && outcome !== 'overspent') lines.readRest(words.add);
    const durationMs = await durationOf(dir);
    const stderrTail = await tailOf(path.join(dir, attemptFiles.stderr), 2048);
    return {
      outcome: gone,
      code: exit?.code ?? null,
      report: report(),
      stderrTail,
      answer: words.answer(),
      durationMs,
    };
  }

  try {
    for (;;) {
      await drain();
      // Looked at before exit.json: a host writes that file as its last act.
      const hostGone = await isHostGone(dir, performance.now() - attachedAt);
      const exit = await readExit(dir);
      if (exit !== null) return await ended(outcomeOf(exit), exit);
      if (hostGone) return await ended('killed', null);
      if (options.stallMs !== undefined && (await silence()) > options.stallMs) return await ended('stalled', null);
      if (isOverspent()) return await ended('overspent', null);
      await wake.next();
      signal?.throwIfAborted();
    }
  } finally {
    stopTouching();
    wake.close();
    await lines.close();
    await ledger.close();
  }
}

/** After its spawn a host claims its attempt at once; no claim after this time means that there is no host. */
const claimMs = 20_000;
/** Exit codes of programs that HUP, INT, KILL and TERM ended, as a shell reports them. */
const killedCodes = [129, 130, 137, 143];

function outcomeOf(exit: ExitFile): AttemptEnd['outcome'] {
  if (exit.reason !== 'exited') return exit.reason;
  return exit.code === null || killedCodes.includes(exit.code) ? 'killed' : 'exited';
}

async function isHostGone(dir: string, waitedMs: number): Promise<boolean> {
  const started = await readStarted(dir);
  if (started === null) return waitedMs > claimMs;
  return !(await isLive(started));
}

/** Whether the machine was started anew since; on its way down it may have killed the agent with or without a word. */
async function isOfAnotherBoot(dir: string): Promise<boolean> {
  const started = await readStarted(dir);
  return started !== null && started.pid > 0 && started.bootId !== (await bootId());
}

function keepLease(dir: string, { touchLeaseEverySeconds = 5, mayTouchLease = () => true }: FollowOptions): () => void {
  const touch = () => {
    if (mayTouchLease()) writeFile(path.join(dir, attemptFiles.lease), '').catch(() => {});
  };
  touch();
  const timer = setInterval(touch, touchLeaseEverySeconds * 1000);
  return () => clearInterval(timer);
}

/** Milliseconds without new output while we looked; time in which the machine was suspended does not count. */
function silenceOf(dir: string): () => Promise<number> {
  let seen = '';
  let since = performance.now();
  return async () => {
    const looks = await Promise.all([look(dir, attemptFiles.events), look(dir, attemptFiles.stderr)]);
    const now = looks.map(({ mtimeMs, size }) => `${mtimeMs} ${size}`).join(' ');
    if (now !== seen) since = performance.now();
    seen = now;
    return performance.now() - since;
  };
}

async function durationOf(dir: string): Promise<number> {
  const started = await look(dir, attemptFiles.started);
  const exit = await look(dir, attemptFiles.exit);
  const end = exit.mtimeMs || Math.max((await look(dir, attemptFiles.events)).mtimeMs, started.mtimeMs);
  return started.mtimeMs === 0 ? 0 : Math.max(0, Math.round(end - started.mtimeMs));
}

async function tailOf(file: string, bytes: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return '';
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    await handle.read(buffer, 0, buffer.length, size - buffer.length);
    // A character that was cut in two at the start is left out.
    return buffer.toString('utf8').replace(/^\uFFFD+/, '');
  } finally {
    await handle.close();
  }
}
