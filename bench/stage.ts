import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type KeeperInfo, readKeeper } from '../src/server/keeper-file.ts';
import { type GitHubRepository, makeRepository } from '../test/e2e/support/repository.ts';
import type { Ended, World } from '../test/e2e/support/world.ts';
import { timed } from './measure.ts';

const agent = fileURLToPath(new URL('./agent.sh', import.meta.url));
const bareLoop = fileURLToPath(new URL('./bare-loop.sh', import.meta.url));
const branch = 'locus/sprint-s';

export interface StageOptions {
  readonly issues: number;
  /** Whether they are in the sprint `S`; otherwise each stands alone. */
  readonly sprint?: boolean;
  /** Milliseconds that each answer of the tracker is held back. */
  readonly latencyMs?: number;
  /** How long each agent works. */
  readonly agentSeconds?: number;
  /** Laid over `agent` of the config. */
  readonly agent?: Readonly<Record<string, unknown>>;
}

/** A repository of its own with so many issues. */
export interface Stage {
  readonly repository: GitHubRepository;
  readonly issues: readonly number[];
  /** A `locus` that must end well. Answers how long it took, in milliseconds. */
  locus(...args: readonly string[]): Promise<number>;
  /** The same sprint without Locus. */
  bareLoop(): Promise<number>;
  /** When each agent was started, in milliseconds since the epoch, in that order. */
  starts(): Promise<number[]>;
}

export async function makeStage(world: World, options: StageOptions): Promise<Stage> {
  const { issues: count, sprint = false, latencyMs = 0, agentSeconds = 0 } = options;
  const command = ['/bin/sh', agent, String(agentSeconds)];
  const config = { agent: { command, callsPerHour: 1_000_000, ...options.agent } };
  const repository = await makeRepository(world, { config });
  const milestone = sprint ? { milestone: 'S' } : {};
  const { issues } = repository.github.seed({
    issues: Array.from({ length: count }, (_, at) => ({ title: `Task ${at + 1}`, body: 'Do it.', ...milestone })),
  });
  repository.github.latencyMs = latencyMs;
  return {
    repository,
    issues,
    locus: (...args) => timed(async () => mustEndWell(args, await repository.run(args))),
    bareLoop: () => timed(() => runBareLoop(repository, issues)),
    starts: () => startsIn(repository.agentFolder),
  };
}

/** The living keeper, which is there after the first `locus run`. */
export async function keeperOf(world: World): Promise<KeeperInfo> {
  const keeper = await readKeeper(world.stateDir);
  if (keeper === null) throw new Error('no keeper lives');
  return keeper;
}

function mustEndWell(args: readonly string[], { code, stderr, stdout }: Ended): void {
  if (code !== 0) throw new Error(`locus ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
}

async function runBareLoop({ root, github, env }: GitHubRepository, issues: readonly number[]): Promise<void> {
  await promisify(execFile)('bash', [bareLoop, branch, agent, ...issues.map(String)], {
    cwd: root,
    env: { ...process.env, ...env, REPO: `${github.owner}/${github.repo}`, GITHUB_TOKEN: github.token },
  });
}

async function startsIn(folder: string): Promise<number[]> {
  const marks = (await readdir(folder)).filter((name) => name.endsWith('.start'));
  const times = await Promise.all(marks.map(async (name) => (await stat(path.join(folder, name))).mtimeMs));
  return times.sort((a, b) => a - b);
}
