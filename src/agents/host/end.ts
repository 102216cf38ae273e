import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { link, mkdir, rm, writeFile } from '../../disk/at-once.ts';
import { LocusFailure } from '../../domain/failures.ts';
import {
  asAttemptFailure,
  attemptFiles,
  attemptIdOf,
  type ExitFile,
  readEndCommand,
  readExit,
  readStarted,
  type StartedFile,
} from './files.ts';
import { isLive, listLiveAttempts } from './live.ts';
import { attemptsByPid, bootId, listProcesses, type ProcessInfo, send } from './processes.ts';

/** TERM to KILL. */
const usualGraceMs = 2000;
/** KILL of the agent to KILL of its host, which still has its exit.json to write. */
const hostGraceMs = 1000;
/** exit.json to the end of the host that has written it. */
const lastMomentMs = 10;
/** A process in the kernel cannot be killed; one that waits on a dead network disk may stay there for ever. */
const giveUpMs = 60_000;

/**
 * Ends an attempt: TERM, 2 s, KILL, to its process group and to whatever else carries its LOCUS_ATTEMPT. Answers only
 * when none of it is left. May be called at any time, also before the host has started: it then never will.
 */
export async function endAgent(dir: string, graceMs = usualGraceMs): Promise<void> {
  const attemptId = attemptIdOf(dir);
  await endOnce(dir, attemptId, graceMs).catch((error: unknown) => {
    throw asAttemptFailure(dir, error);
  });
}
/** Ends every attempt in the folder that still runs; answers how many there were. */
export async function endAllAgents(attemptsDir: string): Promise<number> {
  const live = await listLiveAttempts(attemptsDir);
  await Promise.all(live.map((id) => endAgent(path.join(attemptsDir, id))));
  return live.length;
}

async function endOnce(dir: string, attemptId: string, graceMs: number): Promise<void> {
  const started = await claimOrRead(dir);
  if ((await readExit(dir)) === null) {
    await writeFile(path.join(dir, attemptFiles.reason), 'ended\n', { flag: 'wx' }).catch(ignoreExisting);
  } else {
    await lastMoment(started);
  }
  await endProcesses(attemptId, started, graceMs);
  await endElsewhere(dir, attemptId);
  const exit: ExitFile = { code: null, reason: 'ended' };
  if ((await readExit(dir)) === null) await createOnce(dir, attemptFiles.exit, JSON.stringify(exit));
}

/** A host that has written its last word is gone within a moment, and most often nothing is left to be told to end. */
async function lastMoment(started: StartedFile): Promise<void> {
  for (let waited = 0; waited < lastMomentMs && (await isLive(started)); waited++) await delay(1);
}

/** A claim without a process keeps a host that is just being started from starting the agent. */
async function claimOrRead(dir: string): Promise<StartedFile> {
  const known = await readStarted(dir);
  if (known !== null) return known;
  const nobody: StartedFile = { pid: 0, startTime: '', bootId: '' };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await createOnce(dir, attemptFiles.started, JSON.stringify(nobody));
  return (await readStarted(dir)) ?? nobody;
}

async function endProcesses(attemptId: string, started: StartedFile, graceMs: number): Promise<void> {
  const begin = performance.now();
  const told = new Set<number>();
  for (;;) {
    const left = await processesOf(attemptId, started);
    if (left.length === 0) return;
    const waited = performance.now() - begin;
    if (waited > giveUpMs) throw stuck(attemptId, left);
    for (const pid of left) {
      const killAfter = pid === started.pid ? graceMs + hostGraceMs : graceMs;
      if (waited >= killAfter) send(pid, 'SIGKILL');
      else if (!told.has(pid)) send(pid, 'SIGTERM');
      told.add(pid);
    }
    await delay(pauseAfter(waited));
  }
}

function pauseAfter(waitedMs: number): number {
  return waitedMs < 200 ? 10 : 50;
}

/**
 * What is left of an attempt: members of its host's process group, and what carries its name. Nothing of it is older than
 * its host.
 */
async function processesOf(attemptId: string, started: StartedFile): Promise<number[]> {
  const isOfThisBoot = started.bootId === (await bootId());
  const running = await listProcesses(isOfThisBoot ? started.startTime : undefined);
  const group = isOfThisBoot ? groupOf(started, running) : null;
  const living = running.filter(({ pid, zombie }) => !zombie && pid !== process.pid);
  const attempts = await attemptsByPid(living.filter((found) => found.group !== group));
  return living.filter((found) => found.group === group || attempts.get(found.pid) === attemptId).map(({ pid }) => pid);
}

/**
 * The host's process group; null where it is gone. A group outlives its leader, and as long as it does, the kernel gives
 * its number to no new process: so another process under that pid proves that the group is gone.
 */
function groupOf(started: StartedFile, running: readonly ProcessInfo[]): number | null {
  if (started.pid <= 0) return null;
  const leader = running.find(({ pid }) => pid === started.pid);
  return leader !== undefined && leader.startTime !== started.startTime ? null : started.pid;
}

/** A virtual machine's processes are none of ours: its sandbox has said how to end them. */
async function endElsewhere(dir: string, attemptId: string): Promise<void> {
  const [program, ...args] = (await readEndCommand(dir)) ?? [];
  if (program === undefined) return;
  try {
    await promisify(execFile)(program, args, { timeout: giveUpMs });
  } catch (error) {
    const message = `attempt ${attemptId} could not be ended inside its sandbox`;
    throw new LocusFailure('WorkspaceBroken', message, { remedy: 'see `locus sandbox list`' }, error);
  }
}

async function createOnce(dir: string, name: string, content: string): Promise<void> {
  const temporary = path.join(dir, `${name}.${process.pid}.${Math.random().toString(36).slice(2)}`);
  await writeFile(temporary, `${content}\n`, { mode: 0o600 });
  await link(temporary, path.join(dir, name)).catch(ignoreExisting);
  await rm(temporary, { force: true });
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function stuck(attemptId: string, left: readonly number[]): LocusFailure {
  return new LocusFailure('WorkspaceBroken', `processes ${left.join(', ')} of attempt ${attemptId} do not end`, {
    remedy: 'end them by hand, then `locus run --resume`',
  });
}
