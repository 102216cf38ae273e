import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { attemptFiles, readExit } from '../../src/agents/host/files.ts';
import type { AgentNote } from '../e2e/support/repository.ts';
import { until } from '../e2e/support/wait.ts';
import type { Scene } from './scene.ts';
import { fileOf } from './shapes.ts';

/** Waits until the agent that stops at the gate has written its first line. */
export async function atGate({ repository, hit, cli }: Scene): Promise<AgentNote> {
  return until(
    'the agent stands at its gate',
    async () => {
      if (cli.process.exitCode !== null) throw new Error(`locus ended before: ${cli.stderr()}`);
      const notes = await repository.agentLog();
      const note = notes.find((one) => one.event === 'start' && one.issue === hit);
      return note && linesIn(path.join(note.cwd, fileOf(note.issue))).length > 0 ? note : null;
    },
    90,
  );
}

/**
 * To be called when agents were killed or halted, with nothing going on: notes how often those had been started and
 * what they had written, as what is expected of the rest depends on it.
 */
export async function noteTaken(scene: Scene): Promise<void> {
  const { repository, world, shape } = scene;
  const attempts = path.join(world.stateDir, 'attempts');
  const notes = (await repository.agentLog()).filter((note) => note.event === 'start');
  for (const id of await readdir(attempts).catch(() => [])) {
    const note = notes.find((one) => one.attempt === id);
    const exit = await readExit(path.join(attempts, id));
    if (!note || (exit !== null && exit.reason === 'exited' && exit.code === 0)) continue;
    const { issue } = note;
    const ref = `refs/locus/wip/${shape.branchOf(issue).replace('locus/', '')}/${issue}`;
    const kept = await repository.git('show', `${ref}:${fileOf(issue)}`).catch(() => null);
    const lines = kept === null ? linesIn(path.join(note.cwd, fileOf(issue))) : kept.split('\n').filter(Boolean);
    scene.taken[issue] = { starts: notes.filter((one) => one.issue === issue).length, lines };
  }
}

/** When the attempt's lease was touched last, in epoch milliseconds; 0 where its host has just taken the lease away. */
export function leaseTouched({ world }: Scene, attempt: string): number {
  try {
    return statSync(path.join(world.stateDir, 'attempts', attempt, attemptFiles.lease)).mtimeMs;
  } catch {
    return 0;
  }
}

/** Pid of an attempt's agent, or of the host that owns it. */
export function pidOf({ world }: Scene, attempt: string, whose: 'agent' | 'host'): number {
  const text = (name: string) => readFileSync(path.join(world.stateDir, 'attempts', attempt, name), 'utf8');
  return whose === 'agent' ? Number(text('agent')) : (JSON.parse(text(attemptFiles.started)) as { pid: number }).pid;
}

export function linesIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
