import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { attemptFiles, readExit } from '../agents/host/files.ts';
import { readLines } from '../agents/host/lines.ts';
import { identify, type ProcessIdentity } from '../server/process.ts';

/** What the demo's agents have said so far, read from the files of their attempts, with or without a worker. */
export interface AgentOutput {
  /** By attempt, in the order of their appearance. */
  readonly attempts: readonly AttemptOutput[];
  /** Reads what is new. */
  read(): Promise<void>;
  close(): Promise<void>;
}

export interface AttemptOutput {
  readonly dir: string;
  readonly issue: number;
  readonly lines: readonly string[];
}

/** The first words of the scripted agent, which every start of it says once. */
const firstWords = 'read the prompt:';

export function agentOutput(attemptsDir: string, onLine: (issue: number, line: string) => void): AgentOutput {
  const known = new Map<string, { readonly attempt: AttemptOutput; read(): Promise<void>; close(): Promise<void> }>();

  async function discover(): Promise<void> {
    const names = await readdir(attemptsDir).catch(() => []);
    for (const name of names.sort()) {
      const issue = Number(/-(\d+)-\d+a?$/.exec(name)?.[1]);
      if (known.has(name) || !issue) continue;
      const dir = path.join(attemptsDir, name);
      const lines: string[] = [];
      const reader = readLines(path.join(dir, attemptFiles.events));
      const add = (line: string) => {
        lines.push(line);
        onLine(issue, line);
      };
      known.set(name, { attempt: { dir, issue, lines }, read: () => reader.readNew(add), close: () => reader.close() });
    }
  }

  // One reader at a time: two would read the same lines.
  let turn: Promise<void> = Promise.resolve();
  async function readAll(): Promise<void> {
    await discover();
    for (const each of known.values()) await each.read();
  }

  return {
    get attempts() {
      return [...known.values()].map(({ attempt }) => attempt);
    },
    read() {
      turn = turn.then(readAll);
      return turn;
    },
    async close() {
      await turn.catch(() => {});
      for (const each of known.values()) await each.close();
    },
  };
}

/** How often an agent was started, by its own words. */
export function agentStarts({ attempts }: Pick<AgentOutput, 'attempts'>): number {
  return attempts.flatMap(({ lines }) => lines).filter((line) => line.startsWith(firstWords)).length;
}

/** The agent's process; null before its start and after its end. */
export async function agentProcess({ dir }: AttemptOutput): Promise<ProcessIdentity | null> {
  if ((await readExit(dir)) !== null) return null;
  const pid = Number(await readFile(path.join(dir, 'agent'), 'utf8').catch(() => ''));
  return pid > 0 ? identify(pid) : null;
}
