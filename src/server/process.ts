import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that a later one with the same pid is not taken for. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id and start time, as the system tells them: compared, never read. */
  readonly started: string;
}

/** The identity of a running process; null where there is none, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const started = process.platform === 'linux' ? startOnLinux(pid) : await startFromPs(pid);
  return started === null ? null : { pid, started };
}

export async function isAlive(identity: ProcessIdentity | null | undefined): Promise<boolean> {
  if (!identity) return false;
  return (await identify(identity.pid))?.started === identity.started;
}

/** Asks a process to end, forces it after `graceMs`, and returns when it is gone. */
export async function endProcess(identity: ProcessIdentity | null | undefined, graceMs: number): Promise<void> {
  if (!identity || !(await isAlive(identity))) return;
  signal(identity.pid, 'SIGTERM');
  if (await isGone(identity, graceMs)) return;
  signal(identity.pid, 'SIGKILL');
  await isGone(identity, 5_000);
}

export async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (await isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

let bootId: string | null = null;

function startOnLinux(pid: number): string | null {
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return null;
  // The program's name, in parentheses, may hold spaces: count fields from behind it. State is the 3rd, start time the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  bootId ??= (readProc('sys/kernel/random/boot_id') ?? '').trim();
  return `${bootId}:${fields[19]}`;
}

function readProc(file: string): string | null {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return null;
  }
}

async function startFromPs(pid: number): Promise<string | null> {
  // Loaded where it is needed: it takes longer to load than many commands take.
  const { execa } = await import('execa');
  const { stdout, exitCode } = await execa('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    reject: false,
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state = '', ...started] = stdout.trim().split(/\s+/);
  return exitCode === 0 && !state.startsWith('Z') && started.length > 0 ? started.join(' ') : null;
}
