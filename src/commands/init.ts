import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { configFile, loadConfig } from '../config/load.ts';
import { type ConfigChange, saveConfig } from '../config/save.ts';
import { LocusFailure } from '../domain/failures.ts';
import { allLabels } from '../domain/labels.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Ask } from './ask.ts';
import { ignoreWorktrees, writeInstructions } from './init-files.ts';

export interface InitOptions {
  readonly owner?: string;
  readonly repo?: string;
  readonly base?: string;
  readonly provider?: 'claude' | 'codex' | 'command';
  /** For provider `command`: its argv. */
  readonly command?: readonly string[];
  readonly tracker?: 'github' | 'local';
  /** Never ask. */
  readonly yes?: boolean;
}

/** What can be seen of the repository without asking. */
export interface Surroundings {
  readonly root: string;
  readonly currentBranch: string | null;
  /** From the remote `origin`; null where there is none, or where its address has no owner. */
  readonly owner: string | null;
  readonly repo: string | null;
  readonly defaultBranch: string | null;
}

export interface InitDeps {
  readonly surroundings: Surroundings;
  /** PATH. */
  readonly path: string;
  readonly ask: Ask | null;
  /** Rejects with CredentialsMissing where there is no token. */
  openTracker(): Promise<Tracker>;
}

type Provider = NonNullable<InitOptions['provider']>;

/** Sets a repository up for Locus; run again, it changes only what is missing. */
export async function init(options: InitOptions, deps: InitDeps): Promise<number> {
  const { root } = deps.surroundings;
  const change = await decide(options, { ...deps, ask: options.yes ? null : deps.ask });
  const done: string[] = [];
  if (await saveConfig(root, change)) done.push(`wrote ${configFile}`);
  if (await writeInstructions(root)) done.push('wrote .locus/LOCUS.md: tell the agents about your project there');
  if (await ignoreWorktrees(root)) done.push('added .locus/worktrees/ to .gitignore');
  const labels = await makeLabels(deps);
  if (labels.length > 0) done.push(`made ${labels.length} ${labels.length === 1 ? 'label' : 'labels'} on the tracker`);
  console.log(done.length === 0 ? 'nothing to change' : done.join('\n'));
  return 0;
}

async function decide(options: InitOptions, deps: InitDeps): Promise<ConfigChange> {
  const { config, exists } = await loadConfig(deps.surroundings.root);
  const found = deps.surroundings;
  const tracker = options.tracker ?? (exists ? config.tracker : 'github');
  const provider = options.provider ?? (exists ? config.ai.provider : await installedProvider(deps.path));
  const command: ConfigChange = options.command ? { 'agent.command': options.command } : {};
  const base = options.base ?? config.github.defaultBranch ?? found.defaultBranch ?? found.currentBranch;
  const shared = { tracker, 'ai.provider': provider, ...command };
  if (tracker === 'local') return { ...shared, 'github.defaultBranch': await need(base, baseQuestion, deps.ask) };
  return {
    ...shared,
    'github.owner': await need(options.owner ?? config.github.owner ?? found.owner, ownerQuestion, deps.ask),
    'github.repo': await need(options.repo ?? config.github.repo ?? found.repo, repoQuestion, deps.ask),
    'github.defaultBranch': await need(base, baseQuestion, deps.ask),
  };
}

interface Question {
  readonly text: string;
  readonly problem: string;
  readonly remedy: string;
}

const namesRemedy = 'name them with --owner and --repo, or keep the issues in the repository with --tracker local';
const ownerQuestion: Question = {
  text: 'Owner of the repository on GitHub',
  problem: 'the remote "origin" does not say who owns the repository on GitHub',
  remedy: namesRemedy,
};
const repoQuestion: Question = {
  text: 'Name of the repository on GitHub',
  problem: 'the remote "origin" does not say what the repository is called on GitHub',
  remedy: namesRemedy,
};
const baseQuestion: Question = {
  text: 'Branch that pull requests aim at',
  problem: 'the default branch cannot be found',
  remedy: 'name it with --base',
};

async function need(known: string | null, { text, problem, remedy }: Question, ask: Ask | null): Promise<string> {
  const answer = known ?? (await ask?.(text)) ?? '';
  if (answer === '') throw new LocusFailure('UsageInvalid', problem, { remedy });
  return answer;
}

async function installedProvider(path: string): Promise<Provider> {
  for (const name of ['claude', 'codex'] as const) {
    if (await isOnPath(name, path)) return name;
  }
  console.error('warning: neither claude nor codex is on the PATH; install one, or set agent.command and ai.provider');
  return 'claude';
}

async function isOnPath(name: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    const program = join(folder, name);
    const found = await access(program, constants.X_OK).then(
      async () => (await stat(program)).isFile(),
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** Labels are a comfort: runs make the ones they need, so a tracker that cannot be reached now stops nothing. */
async function makeLabels(deps: InitDeps): Promise<readonly string[]> {
  try {
    const tracker = await deps.openTracker();
    return await tracker.ensureLabels(allLabels);
  } catch (error) {
    if (!(error instanceof LocusFailure)) throw error;
    console.error(`warning: no labels made: ${error.message}; runs make the ones they use`);
    return [];
  }
}
