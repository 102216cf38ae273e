import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LocusFailure } from '../../domain/failures.ts';

/** What the files of an attempt's folder are called. */
export const attemptFiles = {
  spec: 'spec.json',
  prompt: 'prompt',
  events: 'events.ndjson',
  stderr: 'stderr.log',
  started: 'started',
  lease: 'lease',
  exit: 'exit.json',
  /** Why the agent is being ended: written before the first signal. */
  reason: 'reason',
} as const;

const StartedFile = z.object({ pid: z.number().int(), startTime: z.string(), bootId: z.string() });
export type StartedFile = z.infer<typeof StartedFile>;

const ExitFile = z.object({
  code: z.number().int().nullable(),
  reason: z.enum(['exited', 'deadline', 'orphaned', 'ended']).catch('exited'),
});
export type ExitFile = z.infer<typeof ExitFile>;

/** An attempt's id is the name of its folder, and a value of an environment variable. */
export function attemptIdOf(dir: string): string {
  const id = path.basename(dir);
  if (!path.isAbsolute(dir) || !/^[A-Za-z0-9._-]+$/.test(id)) {
    throw new LocusFailure('WorkspaceBroken', `${JSON.stringify(dir)} is no folder of an attempt`, {
      remedy: 'report this: an attempt was named wrongly',
    });
  }
  return id;
}

/** Who owns the attempt; null while no host has claimed it. A file that a power cut left unreadable names no process. */
export async function readStarted(dir: string): Promise<StartedFile | null> {
  const content = await readJson(path.join(dir, attemptFiles.started));
  if (content === undefined) return null;
  const parsed = StartedFile.safeParse(content);
  return parsed.success ? parsed.data : { pid: 0, startTime: '', bootId: '' };
}

export async function readExit(dir: string): Promise<ExitFile | null> {
  const parsed = ExitFile.safeParse(await readJson(path.join(dir, attemptFiles.exit)));
  return parsed.success ? parsed.data : null;
}

/** What the system refuses about an attempt's files, in words for people. Our own failures stay as they are. */
export function asAttemptFailure(dir: string, error: unknown): LocusFailure {
  if (error instanceof LocusFailure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const remedy = 'see whether the state directory is writable and its disk has room';
  return new LocusFailure(
    'WorkspaceBroken',
    `the files of an attempt cannot be used in ${dir}: ${reason}`,
    { remedy },
    error,
  );
}

/** The command that ends what signals do not reach, where the attempt has one. */
export async function readEndCommand(dir: string): Promise<readonly string[] | null> {
  const parsed = z
    .object({ end: z.array(z.string()).min(1) })
    .safeParse(await readJson(path.join(dir, attemptFiles.spec)));
  return parsed.success ? parsed.data.end : null;
}

/** Modification time in epoch milliseconds and size; zeros for a file that does not exist. */
export async function look(dir: string, name: string): Promise<{ mtimeMs: number; size: number }> {
  const { mtimeMs, size } = await stat(path.join(dir, name)).catch(() => ({ mtimeMs: 0, size: 0 }));
  return { mtimeMs, size };
}

// At once: they are short and ours, and by way of the thread pool a look takes ten times as long.
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
