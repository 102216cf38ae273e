import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The systemd service of a process, from its cgroup file; null for a login session or a container. */
export function unitOf(cgroup: string): { name: string; isUser: boolean } | null {
  const path = /^0::(.*)$/m.exec(cgroup)?.[1] ?? /^\d+:name=systemd:(.*)$/m.exec(cgroup)?.[1] ?? '';
  const name = path.split('/').at(-1) ?? '';
  if (!name.endsWith('.service') || /^user@\d+\.service$/.test(name)) return null;
  return { name, isUser: /\/user@\d+\.service\//.test(path) };
}

/** Programs of a process and of those above it, up to process 1; as far as `proc`, usually `/proc`, tells. */
export async function programsAbove(pid: number, proc: string): Promise<string[]> {
  const found: string[] = [];
  for (let at = pid; at > 0; ) {
    const read = (name: string) => readFile(path.join(proc, String(at), name), 'utf8').catch(() => '');
    const [command, stat] = await Promise.all([read('cmdline'), read('stat')]);
    found.push(path.basename(command.split('\0')[0] ?? ''));
    // The name in parentheses may hold spaces; the parent is the second field behind it.
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return found;
}

/** Of containers: they end with the one program that they start. */
const smallInits = ['tini', 'docker-init', 'dumb-init', 'catatonit'];
const ours = ['node', 'nodejs', 'locus'];

/** Whether a container ends together with the worker whose programs above these are. */
export function endsItsContainer(programs: readonly string[]): boolean {
  const above = smallInits.includes(programs.at(-1) ?? '') ? programs.slice(0, -1) : programs;
  return above.length > 0 && above.every((program) => ours.includes(program));
}
