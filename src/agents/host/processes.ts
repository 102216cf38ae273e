import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readdir } from '../../disk/at-once.ts';

export interface ProcessInfo {
  readonly pid: number;
  readonly group: number;
  /** As the host writes it: clock ticks since boot on Linux, a date elsewhere. */
  readonly startTime: string;
  readonly zombie: boolean;
}

/** Identifies this boot of the machine: pids and start times mean nothing in another one. */
export async function bootId(): Promise<string> {
  if (process.platform === 'linux') return (readProc('sys/kernel/random/boot_id') ?? '').trim();
  const { stdout } = await run('sysctl', ['-n', 'kern.boottime']);
  return /sec = (\d+)/.exec(stdout)?.[1] ?? '';
}

/** The process with this pid, or null. A zombie counts as gone. */
export async function findProcess(pid: number): Promise<ProcessInfo | null> {
  if (process.platform === 'linux') return living(readProcess(pid));
  return living((await listByPs(['-p', String(pid)])).at(0) ?? null);
}

/**
 * All programs that run, zombies too, but for the kernel's own threads. `since`: a start time of this boot; on Linux what
 * has started earlier is left out.
 */
export async function listProcesses(since = ''): Promise<ProcessInfo[]> {
  if (process.platform !== 'linux') return listByPs(['-A']);
  const found: ProcessInfo[] = [];
  for (const [index, pid] of (await livingPids()).entries()) {
    // Of thousands the others are not kept waiting.
    if (index % 100 === 99) await new Promise(setImmediate);
    const info = readProcess(pid);
    if (info !== null && info.group !== kernelGroup && Number(info.startTime) >= Number(since)) found.push(info);
  }
  return found;
}

const kernelGroup = 0;

/**
 * Pids by the value that LOCUS_ATTEMPT had when they were started, of these processes or of all. Tells what has left its
 * process group.
 */
export async function attemptsByPid(among?: readonly ProcessInfo[]): Promise<Map<number, string>> {
  if (process.platform !== 'linux') return attemptsByPs();
  const found = new Map<number, string>();
  // Not at once, as `stat` is read: a process that is stuck in the kernel may hold its environment back.
  const look = async ({ pid }: ProcessInfo) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const attempt = /(?:^|\0)LOCUS_ATTEMPT=([A-Za-z0-9._-]+)/.exec(environment)?.[1];
    if (attempt !== undefined) found.set(pid, attempt);
  };
  await Promise.all((among ?? (await listProcesses())).map(look));
  return found;
}

/** Sends a signal. A process that is gone is no error; one of another user is still there when one looks again. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const run = promisify(execFile);

const page = Buffer.alloc(4096);

/**
 * null for a process that is gone, or another user's. Read at once, and in one go: the kernel answers from memory, a
 * thread pool takes five times as long. Nothing that is asked for is longer than a page.
 */
function readProc(file: string): string | null {
  try {
    const opened = openSync(`/proc/${file}`, 'r');
    try {
      return page.toString('latin1', 0, readSync(opened, page, 0, page.length, 0));
    } finally {
      closeSync(opened);
    }
  } catch {
    return null;
  }
}

async function livingPids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

function living(info: ProcessInfo | null): ProcessInfo | null {
  return info === null || info.zombie ? null : info;
}

function readProcess(pid: number): ProcessInfo | null {
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses, with any characters in it; see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', , group = '0'] = fields;
  return { pid, group: Number(group), startTime: fields[19] ?? '', zombie: state === 'Z' || state === 'X' };
}

async function listByPs(selection: readonly string[]): Promise<ProcessInfo[]> {
  const options = { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run('ps', [...selection, '-o', 'pid=,pgid=,stat=,lstart='], options).catch((error) => {
    // A process that is not there is an error for it; of all processes none is not the answer.
    if (selection.includes('-A')) throw error;
    return { stdout: '' };
  });
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*?)\s*$/gm)].map(
    ([, pid, group, state, startTime = '']) => ({
      pid: Number(pid),
      group: Number(group),
      startTime,
      zombie: state?.startsWith('Z') ?? false,
    }),
  );
}

/** macOS shows the environment of one's own processes after their command, unless they are protected. */
async function attemptsByPs(): Promise<Map<number, string>> {
  const { stdout } = await run('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 });
  const found = [...stdout.matchAll(/^\s*(\d+) .*? LOCUS_ATTEMPT=([A-Za-z0-9._-]+)/gm)];
  return new Map(found.map(([, pid, attempt = '']) => [Number(pid), attempt]));
}
