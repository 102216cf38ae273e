import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../../../src/server/state.ts';

const cli = fileURLToPath(new URL('../../../dist/bin/cli.js', import.meta.url));

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Ended {
  /** Exit code; null after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `locus` that runs. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
}

/** A machine's user, for one test file: a home, a state directory with at most one keeper, and nothing of our own environment. */
export interface World {
  readonly folder: string;
  readonly stateDir: string;
  readonly env: Environment;
  locus(args: readonly string[], options: { readonly cwd: string; readonly env?: Environment }): Promise<Ended>;
  start(args: readonly string[], options: { readonly cwd: string; readonly env?: Environment }): Running;
  /** A number that no other call of this world has given. */
  next(): number;
  /** Ends what was started in it, agents too, and removes its folder. */
  end(): Promise<void>;
  onEnd(work: () => Promise<void>): void;
}

export async function openWorld(): Promise<World> {
  // A socket's path may have 107 characters, and TMPDIR can be long.
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'lo-')));
  const stateDir = path.join(folder, 'state');
  const home = path.join(folder, 'home');
  await mkdir(home);
  const env: Environment = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_CACHE_HOME: path.dirname(cacheDir()),
    GIT_CONFIG_NOSYSTEM: '1',
    LOCUS_STATE_DIR: stateDir,
  };
  const endings: (() => Promise<void>)[] = [];
  let count = 0;
  const start: World['start'] = (args, options) =>
    startLocus(args, { cwd: options.cwd, env: { ...env, ...options.env } });
  return {
    folder,
    stateDir,
    env,
    start,
    locus: (args, options) => start(args, options).ended,
    next: () => {
      count += 1;
      return count;
    },
    onEnd: (work) => {
      endings.unshift(work);
    },
    async end() {
      await start(['down', '--agents'], { cwd: folder }).ended;
      for (const ending of endings) await ending();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function startLocus(args: readonly string[], options: { readonly cwd: string; readonly env: Environment }): Running {
  const { cwd, env } = options;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
  return { process: child, ended, stdout: () => printed.stdout, stderr: () => printed.stderr };
}
