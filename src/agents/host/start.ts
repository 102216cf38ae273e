import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mkdir, rename, writeFile } from '../../disk/at-once.ts';
import { findProgram } from '../../disk/program.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { startForGood } from '../../launch/launcher.ts';
import type { Confinement, Sandbox, SandboxedCommand } from '../../sandboxes/sandbox.ts';
import { asAttemptFailure, attemptFiles, attemptIdOf, readStarted } from './files.ts';

export interface HostRequest {
  /** `<attempts folder>/<attempt id>`. */
  readonly dir: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The agent's whole environment. It is handed over in memory and never written. */
  readonly env: Readonly<Record<string, string>>;
  readonly prompt: string;
  /** Epoch milliseconds at which the agent is ended. */
  readonly deadline: number;
  /** How long the agent may work without a follower. */
  readonly orphanMinutes: number;
  /** Left out: not confined. */
  readonly confined?: { readonly sandbox: Sandbox; readonly confinement: Confinement };
  /** How often the host looks at its lease. Default 15. */
  readonly tickSeconds?: number;
}

/** Starts the host of an attempt, which starts the agent. Doing it again, even at the same time, starts no second agent. */
export async function startHost(request: HostRequest): Promise<{ alreadyStarted: boolean }> {
  const attemptId = attemptIdOf(request.dir);
  return startOnce(request, attemptId).catch((error: unknown) => {
    throw asAttemptFailure(request.dir, error);
  });
}

const script = fileURLToPath(new URL('./host.sh', import.meta.url));
/** A host claims its attempt some milliseconds after its start; a loaded machine gets far more. */
const claimMs = 20_000;

async function startOnce(request: HostRequest, attemptId: string): Promise<{ alreadyStarted: boolean }> {
  const { dir } = request;
  if ((await readStarted(dir)) !== null) return { alreadyStarted: true };

  // A virtual machine has its own programs.
  if (request.confined?.sandbox.kind !== 'docker') await requireProgram(request.argv[0], request.env.PATH);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const command = await confine({ ...request, env: { ...request.env, LOCUS_ATTEMPT: attemptId } });
  await requireProgram(command.argv[0], request.env.PATH);
  const tick = request.tickSeconds ?? 15;
  const ticks = Math.max(1, Math.ceil((request.orphanMinutes * 60) / tick));
  const deadline = Math.ceil(request.deadline / 1000);
  const spec = {
    argv: command.argv,
    cwd: request.cwd,
    deadline,
    orphanTicks: ticks,
    tickSeconds: tick,
    created: new Date().toISOString(),
    end: command.end,
  };
  await writeWhole(dir, attemptFiles.prompt, request.prompt);
  await writeWhole(dir, attemptFiles.spec, `${JSON.stringify(spec)}\n`);
  const env = { ...request.env, ...command.env, LOCUS_ATTEMPT: attemptId };
  const left = Math.max(0, deadline - Math.floor(Date.now() / 1000));
  const clock = [deadline, ticks, tick, Math.min(left, tick)].map(String);
  await spawnHost([dir, ...clock, ...command.argv], request.cwd, env);
  await claimed(dir);
  return { alreadyStarted: false };
}

async function confine({ argv, env, confined }: HostRequest): Promise<SandboxedCommand> {
  return confined ? confined.sandbox.wrap(argv, confined.confinement, env) : { argv, env: {} };
}

async function requireProgram(program: string | undefined, searchPath: string | undefined): Promise<void> {
  if (program !== undefined && findProgram(program, searchPath) !== null) return;
  throw new LocusFailure('AgentMissing', `the program ${JSON.stringify(program ?? '')} was not found on PATH`);
}

/** Renamed into place, because a host that another start has made may be reading the file. */
async function writeWhole(dir: string, name: string, content: string): Promise<void> {
  const temporary = path.join(dir, `${name}.${process.pid}.${Math.random().toString(36).slice(2)}`);
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path.join(dir, name));
}

async function spawnHost(args: readonly string[], cwd: string, env: Record<string, string>): Promise<void> {
  try {
    await startForGood({ file: '/bin/sh', args: [script, ...args], cwd, env });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LocusFailure('WorkspaceBroken', `no agent could be started in ${cwd}: ${reason}`, {}, error);
  }
}

async function claimed(dir: string): Promise<void> {
  for (const end = Date.now() + claimMs; Date.now() < end; await delay(3)) {
    if ((await readStarted(dir)) !== null) return;
  }
  throw new LocusFailure('AgentFailed', `the agent's host did not start in ${dir}`, {
    remedy: 'see whether the disk of the state directory is full',
  });
}
