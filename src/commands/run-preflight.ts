import { agentFor } from '../agents/index.ts';
import { snapshot } from '../config/snapshot.ts';
import { findProgram } from '../disk/program.ts';
import { LocusFailure } from '../domain/failures.ts';
import { goesThroughGates, type RunContext, type RunType, type Source } from '../domain/run.ts';
import type { RunSettings, SandboxKind, SandboxMode } from '../domain/settings.ts';
import { baseCommit, fetchBranches } from '../git/branches.ts';
import { isClean } from '../git/discover.ts';
import { usesLfs } from '../git/lfs.ts';
import { chooseSandbox } from '../sandboxes/choose.ts';
import { hostId } from '../server/state.ts';
import { baseBranchOf, type Project } from './project.ts';

export type Placement = 'here' | 'elsewhere';

/** What is settled before any issue is looked at. */
export interface Plan {
  readonly settings: RunSettings;
  readonly baseBranch: string;
  readonly remote: string | null;
  readonly source: Source;
  /** For people: what the agent will be confined by. */
  readonly sandboxTitle: string;
  readonly warnings: readonly string[];
}

/** Checks everything about the repository, the config and this machine that a run needs; reads only. */
export async function preflight(
  project: Project,
  request: { readonly model?: string; readonly sandbox?: SandboxMode; readonly placement: Placement },
): Promise<Plan> {
  const { checkout, config, remote } = project;
  if (!checkout.hasCommits) {
    throw new LocusFailure('RepositoryInvalid', `${checkout.root} has no commits yet`, {
      remedy: 'make the first commit, then try again',
    });
  }
  const here = request.placement === 'here';
  const root = here ? { root: checkout.root } : {};
  const settings = snapshot(config, { model: request.model, sandbox: request.sandbox, ...root });
  if (settings.provider === 'command' && settings.agent.command === null) {
    throw new LocusFailure(
      'ConfigInvalid',
      '.locus/config.json: agent.command must name a program, because ai.provider is "command"',
    );
  }
  const baseBranch = baseBranchOf(project);
  if (project.tracker.kind === 'github' && remote === null) {
    throw new LocusFailure('RepositoryInvalid', `${checkout.root} has no git remote to push to`, {
      remedy: 'add one with `git remote add origin <url>`',
    });
  }
  await requireBase(project, baseBranch);
  await refuseLfs(project, baseBranch);
  const sandbox = here ? await sandboxFor(settings) : { kind: null, title: 'chosen by the worker', warning: null };
  if (here) await requireAgent(settings);
  return {
    settings: { ...settings, sandboxKind: sandbox.kind },
    baseBranch,
    remote: remote?.name ?? null,
    source: here
      ? { kind: 'checkout', hostId: await hostId(project.stateDir), root: checkout.root }
      : remoteSource(project),
    sandboxTitle: sandbox.title,
    warnings: [sandbox.warning, budgetWarning(settings)].filter((text) => text !== null),
  };
}

/** A base that this clone has not seen yet may still be on the remote. */
async function requireBase({ checkout, remote }: Project, baseBranch: string): Promise<void> {
  const name = remote?.name ?? null;
  try {
    await baseCommit(checkout.repository, baseBranch, name);
  } catch (error) {
    const found = await fetchBranches(checkout.repository, name, [baseBranch], { timeoutMs: 30_000 }).catch(() => null);
    if (!found?.[baseBranch]) throw error;
  }
}

/** In root mode a sprint works in the person's own checkout: nothing of theirs may be lost in it. */
export async function requireCleanRoot(
  { checkout }: Project,
  { settings, source }: Plan,
  type: RunType,
): Promise<void> {
  if (type !== 'sprint' || settings.sprint.workspace !== 'root' || source.kind !== 'checkout') return;
  await requireClean(checkout.root);
}

/** The same before a halted run goes on: what a person did in the checkout meanwhile would be cleaned away. */
export async function requireCleanRootOf(
  input: Pick<RunContext, 'type' | 'settings' | 'source'> | null,
  stateDir: string,
): Promise<void> {
  if (input === null || input.settings.sprint.workspace !== 'root') return;
  if (input.type !== 'sprint' && !goesThroughGates(input.type)) return;
  const { source } = input;
  if (source.kind === 'checkout' && source.hostId === (await hostId(stateDir))) await requireClean(source.root);
}

/** Refuses a checkout whose changes a run would lose. */
export async function requireClean(root: string): Promise<void> {
  if (await isClean(root)) return;
  throw new LocusFailure('RepositoryInvalid', `${root} has changes that are not committed`, {
    remedy: 'commit or stash them, or set sprint.workspace to "worktree"',
  });
}

async function refuseLfs({ checkout, remote }: Project, baseBranch: string): Promise<void> {
  const base = await baseCommit(checkout.repository, baseBranch, remote?.name ?? null);
  if (!(await usesLfs(checkout.repository, base))) return;
  throw new LocusFailure('RepositoryInvalid', `${baseBranch} keeps files in Git LFS, which locus cannot push yet`, {
    remedy: 'see docs/unproved.md',
  });
}

async function sandboxFor(
  settings: RunSettings,
): Promise<{ kind: SandboxKind; title: string; warning: string | null }> {
  const { sandbox, warning } = await chooseSandbox({
    mode: settings.sandbox,
    provider: settings.provider,
    dockerSandboxes: settings.dockerSandboxes,
    env: process.env,
  });
  return { kind: sandbox.kind, title: sandbox.title, warning };
}

/** A limit that cannot be kept must not be trusted. */
function budgetWarning({ provider, agent }: RunSettings): string | null {
  const keys = (['budgetUsd', 'runBudgetUsd'] as const).filter((key) => agent[key] !== null);
  if (provider !== 'command' || keys.length === 0) return null;
  const names = keys.map((key) => `agent.${key}`).join(' and ');
  return `${names} ${keys.length === 1 ? 'limits' : 'limit'} nothing here: a command tells no cost`;
}

/** Refuses where the program of an agent is not on this machine. */
export async function requireAgent({ provider, agent }: Pick<RunSettings, 'provider' | 'agent'>): Promise<void> {
  const [program = ''] = agentFor(provider).argv({ model: null, session: null, command: agent.command });
  if (findProgram(program, process.env.PATH) !== null) return;
  throw new LocusFailure('AgentMissing', `the agent program ${program} was not found`, {
    remedy:
      provider === 'command'
        ? 'correct agent.command in .locus/config.json'
        : `install ${provider}, or name another with --model or ai.provider`,
  });
}

function remoteSource({ remote, tracker }: Project): Source {
  if (remote !== null && tracker.kind !== 'local') return { kind: 'remote', url: remote.url };
  throw new LocusFailure(
    'ServerUnavailable',
    'a Temporal server is configured, but no worker for it runs on this machine, where the issues or the only copy of the code are',
    {
      remedy: 'start one here with `locus worker`, or unset TEMPORAL_ADDRESS to use the embedded server',
    },
  );
}
