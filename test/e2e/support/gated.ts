import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BugState } from '../../../src/domain/gated/bug-state.ts';
import type { BreakerState, PlanState, TargetState } from '../../../src/domain/gated/state.ts';
import { type GitHubRepository, makeRepository, type RepositoryOptions } from './repository.ts';
import { until } from './wait.ts';
import type { World } from './world.ts';

const agent = fileURLToPath(new URL('./gated-agent.mjs', import.meta.url));

/** What a role does in one turn; left out: an implementer adds a file, a gate approves. */
export interface Turn {
  readonly write?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  /** Changes nothing. */
  readonly idle?: boolean;
  /** Rules of findings, all of them high; of the red team whole findings. */
  readonly findings?: readonly unknown[];
  /** Of the triage: what differs from what it finds else. */
  readonly triage?: Readonly<Record<string, unknown>>;
  /** The answer itself. */
  readonly text?: string;
  readonly exit?: number;
  /** Waits until this gate is open. */
  readonly gate?: string;
}

export type Script = Readonly<
  Partial<Record<'implementer' | 'reviewer' | 'auditor' | 'red-team' | 'triage', readonly Turn[]>>
>;

/** What `locus status --json` shows of it. */
export interface Shown {
  readonly status: string;
  readonly halting?: string;
  readonly run: TargetState;
  /** Of a plan. */
  readonly plan: PlanState;
  readonly circuit_breaker: BreakerState;
  readonly computed: { readonly runtime_seconds: number; readonly timeout_remaining_seconds: number };
  readonly question: { readonly number: number; readonly text: string; readonly answers: readonly string[] } | null;
  readonly notes?: readonly string[];
  readonly bug: BugState;
}

/** One start of a role's agent. */
export interface Call {
  readonly role: string;
  readonly turn: number;
  readonly cycle: number;
  readonly attempt: string;
  readonly run: string;
  readonly prompt: string;
}

export interface GatedRepository extends GitHubRepository {
  /** What the roles do from now on. */
  play(script: Script): Promise<void>;
  calls(): Promise<Call[]>;
  /** `implementer 1`, `reviewer 1`, … in time. */
  order(): Promise<string[]>;
  /** Its run, for commands that take one: others of the same world go on beside it. */
  readonly gated: string;
  status(run?: string): Promise<Shown>;
  /** Waits until the agent of a role has started, so many times in all. */
  called(role: string, times?: number): Promise<Call>;
  /** Whether an agent has written a file of that name in a worktree. */
  written(name: string): Promise<boolean>;
  /** Waits until its run is in a state, such as HALTED. */
  inState(state: string, run?: string): Promise<Shown>;
}

/** A checkout on a branch of its own, with gated runs switched on, an issue and a plan of two sprints. */
export async function makeGated(
  world: World,
  script: Script,
  options: RepositoryOptions = {},
): Promise<GatedRepository> {
  const { run_mode, agent: agentConfig, ...config } = (options.config ?? {}) as Record<string, Record<string, unknown>>;
  const repository = await makeRepository(world, {
    ...options,
    config: {
      ...config,
      run_mode: { enabled: true, ...run_mode },
      agent: { command: [process.execPath, agent], ...agentConfig },
    },
    files: { 'docs/sprint-plan.md': plan, 'old.txt': 'old\n', ...options.files },
  });
  repository.github.seed({ issues: [{ title: 'Add a cart', body: 'A page with a cart.' }] });
  await repository.git('switch', '-q', '-c', 'mine');
  const calls = async () => {
    const text = await readFile(path.join(repository.agentFolder, 'log.ndjson'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Call);
  };
  const play = (next: Script) => writeFile(path.join(repository.agentFolder, 'script.json'), JSON.stringify(next));
  await play(script);
  const gated = `locus/acme/${repository.github.repo}/gated`;
  const status = async (run = gated) => JSON.parse((await repository.run(['status', '--json', run])).stdout) as Shown;
  return {
    ...repository,
    play,
    calls,
    order: async () => (await calls()).map(({ role, cycle }) => `${role} ${cycle}`),
    gated,
    status,
    called: (role, times = 1) =>
      until(`the ${role} works`, async () => (await calls()).filter((call) => call.role === role)[times - 1], 30),
    written: async (name) => {
      const folder = path.join(repository.root, '.locus', 'worktrees');
      const files = await readdir(folder, { recursive: true }).catch(() => []);
      return files.some((file) => path.basename(file) === name);
    },
    inState: (state, run) =>
      until(
        `the run is ${state}`,
        async () => {
          const now = await status(run);
          return now.run?.state === state && (state !== 'HALTED' || now.status === 'halted') ? now : null;
        },
        40,
      ),
  };
}

const plan = `# Plan

## Sprint 1: The cart

- a page that shows what is in it

## Sprint 2: The checkout

- pay
`;
