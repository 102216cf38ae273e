import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface Found {
  readonly pid: number;
  readonly command: string;
  /** Value of its LOCUS_ATTEMPT; null for one that is no agent's. */
  readonly attempt: string | null;
}

/** Every living process of a trial: those whose environment names the trial's folder. */
export function processesOf(folder: string): Found[] {
  const found: Found[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = readProc(name, 'environ');
    if (!environment.includes(folder) || /^\d+ \(.*\) [ZX]/s.test(readProc(name, 'stat'))) continue;
    found.push({
      pid: Number(name),
      command: readProc(name, 'cmdline').split('\0').join(' ').trim(),
      attempt: /(?:^|\0)LOCUS_ATTEMPT=([^\0]+)/.exec(environment)?.[1] ?? null,
    });
  }
  return found;
}

/** Kills all of them, those that they start meanwhile too, and returns when none is left. */
export async function killAll(folder: string, which: (found: Found) => boolean = () => true): Promise<void> {
  for (;;) {
    const left = processesOf(folder).filter(which);
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid);
    await delay(5);
  }
}

/** A process that is gone is no error; none at all is, as 0 would be ourselves and everybody around us. */
export function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!pid || pid < 2) throw new Error('there is no such process to be killed');
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
