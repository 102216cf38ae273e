import { homedir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import { agentEnvironment } from '../agents/environment.ts';
import { agentFolders } from '../agents/folders.ts';
import { endAgent } from '../agents/host/end.ts';
import { agentFor } from '../agents/index.ts';
import { mkdir, realpath, rm } from '../disk/at-once.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import type { Provider } from '../domain/settings.ts';
import type { Workspace } from '../domain/workspace.ts';
import { killGroup } from '../launch/direct.ts';
import { announcedSandbox, chooseSandbox } from '../sandboxes/choose.ts';
import type { Confinement, Sandbox } from '../sandboxes/sandbox.ts';
import type { Dependencies, RunSecrets } from './deps.ts';
import { attemptDir } from './repository.ts';
import { Tail } from './tail.ts';

const longestMs = 60 * 60_000;

export interface Confined {
  readonly sandbox: Sandbox;
  readonly confinement: Confinement;
}

/** The sandbox of a run, and what an agent, or a command of the repository, may touch in it. */
export async function confine(
  deps: Pick<Dependencies, 'stateDir'>,
  run: RunContext,
  place: {
    readonly workspace: Workspace;
    readonly dir: string;
    readonly env: RunSecrets['env'];
    /** Whose folders it may use; the run's own by default. */
    readonly provider?: Provider;
    /** The workspace may be read alone. */
    readonly readOnly?: boolean;
  },
): Promise<Confined> {
  const { workspace, dir, env, readOnly = false } = place;
  const provider = place.provider ?? run.settings.provider;
  const sandbox = await sandboxOf(run, env, provider);
  const home = await realpath(env.HOME ?? homedir());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const objectsDir = sandbox.kind === 'os' && workspace.adminDir !== null ? objectsPath(workspace) : null;
  if (objectsDir) await mkdir(objectsDir, { recursive: true, mode: 0o700 });
  const { writable, readable } = await agentFolders(agentFor(provider), env, home);
  const confinement = {
    workspace: await realpath(workspace.path),
    readOnly,
    commonDir: await realpath(workspace.repository.commonDir),
    adminDir: workspace.adminDir,
    objectsDir: objectsDir && (await realpath(objectsDir)),
    attemptDir: await realpath(dir),
    agentFolders: writable,
    agentReadable: readable,
    hidden: [deps.stateDir],
    home,
  };
  return { sandbox, confinement };
}

/** What the command announced, or nothing at all; a host that is only too busy to tell is asked again later. */
async function sandboxOf({ settings }: RunContext, env: RunSecrets['env'], provider: Provider): Promise<Sandbox> {
  const { sandbox: mode, sandboxKind, dockerSandboxes } = settings;
  const request = { mode, provider, dockerSandboxes, env };
  try {
    // A run that an earlier version has started says nothing.
    return sandboxKind ? await announcedSandbox(sandboxKind, request) : (await chooseSandbox(request)).sandbox;
  } catch (error) {
    const retryAt = error instanceof LocusFailure ? error.details.retryAt : undefined;
    if (!(error instanceof LocusFailure) || retryAt === undefined) throw error;
    const nextRetryDelay = Math.max(1000, retryAt - Date.now());
    throw ApplicationFailure.create({ message: error.message, type: error.type, nextRetryDelay });
  }
}

/** Where the objects of a task's agents went, one attempt after the other; null where they wrote into the repository itself. */
export async function objectsDirOf(workspace: Workspace): Promise<string | null> {
  return realpath(objectsPath(workspace)).catch(() => null);
}

/** Forgets objects that were imported or given up; called before a task, or a halted one's second part, begins. */
export async function dropObjects(workspace: Workspace): Promise<void> {
  await rm(objectsPath(workspace), { recursive: true, force: true });
}

/**
 * Runs a command of the repository (setup, verify) as confined as an agent; answers with the end of what it printed.
 * Told by `signal` to end, it fails with the signal's reason once nothing of the command is left.
 */
export async function confinedRun(
  deps: Pick<Dependencies, 'stateDir'>,
  run: RunContext,
  command: {
    readonly workspace: Workspace;
    readonly argv: readonly string[];
    readonly env: RunSecrets['env'];
    /** `e2e`: without what an agent of the run's provider is given. */
    readonly purpose: 'setup' | 'verify' | 'e2e';
    readonly attemptId?: string;
    readonly issue?: number;
    readonly signal: AbortSignal;
    readonly timeoutMs?: number;
  },
): Promise<ConfinedEnd> {
  const { workspace, purpose, timeoutMs = longestMs } = command;
  const attemptId = command.attemptId ?? `${purpose}-${workspace.name}`;
  const dir = attemptDir(deps.stateDir, attemptId);
  const { sandbox, confinement } = await confine(deps, run, { workspace, dir, env: command.env });
  const identity = { role: purpose, runId: run.runId, issue: command.issue ?? 0, attemptId };
  const agent = agentFor(purpose === 'e2e' ? 'command' : run.settings.provider);
  const { env } = agentEnvironment(agent, command.env, run.settings.agent.env, identity);
  const wrapped = await sandbox.wrap(command.argv, confinement, env);
  const [file = '', ...args] = wrapped.argv;
  command.signal.throwIfAborted();
  const running = execa(file, args, {
    cwd: workspace.path,
    env: { ...env, ...wrapped.env },
    extendEnv: false,
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    detached: true,
    cleanup: false,
  });
  const printed = new Tail(longestOutput).follow(running.all);
  const timeout = AbortSignal.timeout(timeoutMs);
  const result = await endedInTime(running, dir, [command.signal, timeout]);
  command.signal.throwIfAborted();
  const output = printed.text || (result.exitCode === 0 ? '' : (result.shortMessage ?? ''));
  return { exitCode: result.exitCode ?? 1, output, tail: output.slice(-1500), timedOut: timeout.aborted };
}

const longestOutput = 1_000_000;

export interface ConfinedEnd {
  readonly exitCode: number;
  /** The end of what it printed: a million bytes of it, and 1,500. */
  readonly output: string;
  readonly tail: string;
  readonly timedOut: boolean;
}

/** Grandchildren are ended too: they would go on, and hold the pipe that the end is waited for at. */
async function endedInTime<T>(
  running: PromiseLike<T> & { readonly pid?: number },
  dir: string,
  signals: readonly AbortSignal[],
) {
  const limit = AbortSignal.any([...signals]);
  let ending = Promise.resolve();
  const end = () => {
    ending = endAgent(dir).finally(() => killGroup(running.pid, 'SIGKILL'));
    // Told below, where the command's own end has been waited for.
    ending.catch(() => {});
  };
  limit.addEventListener('abort', end, { once: true });
  const result = await running;
  limit.removeEventListener('abort', end);
  await ending;
  return result;
}

function objectsPath({ repository, name }: Workspace): string {
  return path.join(repository.privateDir, 'objects', name);
}
