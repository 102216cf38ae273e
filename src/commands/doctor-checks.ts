import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { LoadedConfig } from '../config/load.ts';
import { findProgram } from '../disk/program.ts';
import { LocusFailure } from '../domain/failures.ts';
import { type FindBinaryOptions, presentBinary } from '../server/binary.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { type KeeperInfo, readKeeper, readWorker, type WorkerInfo } from '../server/keeper-file.ts';
import { answers } from '../server/ports.ts';
import { lookUpToken } from '../server/secrets.ts';
import { endsItsContainer, programsAbove, unitOf } from './doctor-processes.ts';

export interface Check {
  /** `optional`: missing, but a run could start without it. */
  readonly state: 'ok' | 'missing' | 'optional';
  readonly title: string;
  readonly detail: string;
  readonly fix: string | null;
}

export interface DoctorInputs extends Pick<FindBinaryOptions, 'cacheDir'> {
  readonly stateDir: string;
  /** The repository's root; null outside of one. */
  readonly root: string | null;
  readonly apiUrl: string;
  readonly env: NodeJS.ProcessEnv;
  /** The configured server, or null for the embedded one. */
  readonly target: TemporalTarget | null;
  /** What tells of processes; `/proc` by default. */
  readonly proc?: string;
  readonly loadConfig: (root: string) => Promise<LoadedConfig>;
}

/** What several checks look at, read once. */
export interface Facts extends DoctorInputs {
  readonly config: LoadedConfig | LocusFailure | null;
  readonly keeper: KeeperInfo | null;
  readonly worker: WorkerInfo | null;
}

export async function learn(inputs: DoctorInputs): Promise<Facts> {
  const [config, keeper, worker] = await Promise.all([
    inputs.root === null ? null : inputs.loadConfig(inputs.root).catch(asFailure),
    readKeeper(inputs.stateDir),
    readWorker(inputs.stateDir),
  ]);
  return { ...inputs, config, keeper, worker };
}

export const checks: readonly ((facts: Facts) => Promise<Check | null>)[] = [
  checkGit,
  checkNode,
  checkConfig,
  checkToken,
  (facts) => checkAgent(facts, 'claude', 'npm install -g @anthropic-ai/claude-code'),
  (facts) => checkAgent(facts, 'codex', 'npm install -g @openai/codex'),
  checkCommand,
  checkSandbox,
  checkServer,
  checkKeeper,
  checkWorker,
  checkSystemd,
  checkContainer,
];

async function checkGit({ env }: Facts): Promise<Check> {
  const version = await firstLine('git', ['--version'], env);
  const found = /(\d+)\.(\d+)/.exec(version ?? '');
  const isEnough = found !== null && (Number(found[1]) > 2 || (Number(found[1]) === 2 && Number(found[2]) >= 38));
  return need(isEnough, 'git', version ?? 'not found', 'install git 2.38 or later');
}

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  return need(isEnough, 'node', process.versions.node, 'install Node 20.19 or later');
}

async function checkConfig({ config }: Facts): Promise<Check> {
  if (config === null) return need(false, 'config', 'not in a git repository', 'run it inside your repository');
  if (config instanceof LocusFailure) return need(false, 'config', config.message, 'correct the file');
  const unknown = config.unknownKeys.length > 0 ? `, unknown keys: ${config.unknownKeys.join(', ')}` : '';
  if (config.exists) return need(true, 'config', `${config.path}${unknown}`, null);
  return wish(false, 'config', 'no .locus/config.json, defaults are used', 'make one with `locus init`');
}

async function checkToken({ config, apiUrl, env }: Facts): Promise<Check | null> {
  if (config === null || config instanceof LocusFailure) return null;
  if (config.config.tracker === 'local') return need(true, 'tracker', 'local, needs no token', null);
  const token = await lookUpToken({ stateDir: null, scope: '', apiUrl, env });
  return need(token !== null, 'tracker', `token for ${apiUrl}`, 'set GITHUB_TOKEN, or sign in with `gh auth login`');
}

async function checkAgent({ config, env }: Facts, program: 'claude' | 'codex', install: string): Promise<Check> {
  const isUsed = config === null || config instanceof LocusFailure ? false : config.config.ai.provider === program;
  const version = await firstLine(program, ['--version'], env);
  return (isUsed ? need : wish)(version !== null, program, version ?? 'not found', install);
}

async function checkCommand({ config, env }: Facts): Promise<Check | null> {
  if (config === null || config instanceof LocusFailure || config.config.ai.provider !== 'command') return null;
  const [program = ''] = config.config.agent.command ?? [];
  const isThere = program.includes('/') || findProgram(program, env.PATH) !== null;
  return need(isThere, 'command', program, 'correct agent.command in .locus/config.json');
}

async function checkSandbox({ env }: Facts): Promise<Check> {
  const trials: [string, string, string[]][] = [
    ['bubblewrap', 'bwrap', ['--ro-bind', '/', '/', '--unshare-pid', 'true']],
    ['sandbox-exec', 'sandbox-exec', ['-p', '(version 1)(allow default)', '/usr/bin/true']],
    ['Docker Desktop', 'docker', ['sandbox', 'ls']],
  ];
  for (const [title, program, args] of trials) {
    if ((await firstLine(program, args, env)) !== null) return need(true, 'sandbox', title, null);
  }
  const fix = process.platform === 'linux' ? 'install bubblewrap' : 'install Docker Desktop 4.58 or later';
  return wish(false, 'sandbox', 'none: agents may write and read everything that you may', fix);
}

async function checkServer({ target, cacheDir, env, keeper }: Facts): Promise<Check> {
  if (target !== null) {
    const [, host = target.address, port = '7233'] = /^(.*):(\d+)$/.exec(target.address) ?? [];
    const isThere = await answers(Number(port), host.replace(/^\[|\]$/g, ''));
    return need(isThere, 'Temporal', `${target.address} (configured)`, 'start it, or correct TEMPORAL_ADDRESS');
  }
  if (keeper?.serving) return need(true, 'Temporal', `embedded, at ${keeper.address}, Web UI ${keeper.uiBase}`, null);
  const binary = await presentBinary(cacheDir, env);
  if (binary !== null) return need(true, 'Temporal', `embedded, ${binary}`, null);
  return wish(false, 'Temporal', 'no program yet, the first run downloads or builds it', 'locus server --fetch');
}

async function checkKeeper({ target, keeper }: Facts): Promise<Check | null> {
  if (target !== null) return null;
  if (keeper === null) return wish(false, 'keeper', 'not running, the next command starts it', 'locus up');
  const detail = keeper.problem ?? `pid ${keeper.keeper.pid}, since ${keeper.startedAt}`;
  return need(keeper.problem === null, 'keeper', detail, 'see logs/server.log in the state directory');
}

async function checkWorker({ target, keeper, worker }: Facts): Promise<Check> {
  if (worker !== null) return need(true, 'worker', `pid ${worker.process.pid}, version ${worker.version}`, null);
  if (target !== null) return wish(false, 'worker', 'none on this host', 'locus worker');
  if (keeper === null) return wish(false, 'worker', 'not running, the next command starts it', 'locus up');
  const fix = 'see logs/worker.log in the state directory';
  return need(keeper.workerProblem === null, 'worker', keeper.workerProblem ?? 'starting', fix);
}

/** With its default, systemd ends the agents together with the worker. */
async function checkSystemd({ env, keeper, worker, proc = '/proc' }: Facts): Promise<Check | null> {
  const pid = worker?.process.pid ?? keeper?.keeper.pid ?? process.pid;
  const unit = unitOf(await readFile(`${proc}/${pid}/cgroup`, 'utf8').catch(() => ''));
  if (unit === null) return null;
  const scope = unit.isUser ? ['--user'] : [];
  const mode = await firstLine('systemctl', [...scope, 'show', '--property=KillMode', '--value', unit.name], env);
  return need(
    mode === 'process',
    'systemd',
    `${unit.name}: KillMode=${mode ?? '?'}`,
    'set KillMode=process in the unit: it ends the agents too',
  );
}

/** The end of its first process ends a container with all that runs in it. */
async function checkContainer({ keeper, worker, proc = '/proc' }: Facts): Promise<Check | null> {
  // The keeper's worker is started again by the keeper.
  if (worker === null || keeper !== null) return null;
  if (!endsItsContainer(await programsAbove(worker.process.pid, proc))) return null;
  return wish(
    false,
    'container',
    'the worker is its main process: when it stops, the agents end',
    'start it again inside the container: docs/operations.md',
  );
}

function need(isThere: boolean, title: string, detail: string, fix: string | null): Check {
  return { state: isThere ? 'ok' : 'missing', title, detail, fix: isThere ? null : fix };
}

function wish(isThere: boolean, title: string, detail: string, fix: string | null): Check {
  return { state: isThere ? 'ok' : 'optional', title, detail, fix: isThere ? null : fix };
}

async function firstLine(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  const result = await execa(program, args, { reject: false, env, extendEnv: false, stdin: 'ignore', timeout: 10_000 });
  return result.failed ? null : (result.stdout.split('\n')[0] ?? '').trim();
}

function asFailure(error: unknown): LocusFailure {
  return error instanceof LocusFailure ? error : new LocusFailure('ConfigInvalid', String(error), {}, error);
}
