import { createHash } from 'node:crypto';
import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { BudgetLimits } from '../domain/budget.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunInput, TrackerRef } from '../domain/run.ts';
import { repoKey } from '../domain/run-id.ts';
import { requireSize } from '../domain/run-size.ts';
import { type Checkout, discoverCheckout } from '../git/discover.ts';
import { defaultBranchOf, describeRemote, type Remote } from '../git/remote.ts';
import { scopeOf } from '../server/run-secrets.ts';
import { lookUpToken } from '../server/secrets.ts';
import { stateDir } from '../server/state.ts';
import { openTracker } from '../trackers/open.ts';
import type { Tracker } from '../trackers/tracker.ts';

/** The repository a command was started in, with everything that commands want to know of it. */
export interface Project {
  readonly stateDir: string;
  readonly checkout: Checkout;
  readonly config: Config;
  readonly remote: Remote | null;
  /** As the config, the remote or the usual names say it; null: nobody can tell. */
  readonly defaultBranch: string | null;
  readonly tracker: TrackerRef;
  /** What run ids are made with. */
  readonly key: string;
  /** `owner/repo`, or the folder's name. */
  readonly name: string;
  /** null where the tracker needs none, or none was found. */
  token(): Promise<string | null>;
  openTracker(): Promise<Tracker>;
}

/** What a run that goes on may cost, as the config says now; refused where it has too many issues for that. */
export function budgetsFor({ config }: Project, input: RunInput | null): BudgetLimits {
  const { budgetUsd, runBudgetUsd } = config.agent;
  if (input?.type === 'parallel') requireSize(input.tasks.length, { ...input.settings.agent, runBudgetUsd });
  return { taskUsd: budgetUsd, runUsd: runBudgetUsd };
}

const publicApi = 'https://api.github.com';
/** A command has nothing else to do than to wait for its tracker; 4,000 issues are read in 5 minutes. */
const patienceMs = 15 * 60_000;

export async function openProject(cwd: string): Promise<Project> {
  const state = await stateDir();
  const checkout = await discoverCheckout(cwd, state);
  const [{ config, unknownKeys }, remote] = await Promise.all([
    loadConfig(checkout.root),
    describeRemote(checkout.root),
  ]);
  if (unknownKeys.length > 0) {
    console.error(
      `warning: .locus/config.json: unknown ${unknownKeys.length === 1 ? 'key' : 'keys'} ${unknownKeys.join(', ')}`,
    );
  }
  const tracker = trackerOf(config, checkout, remote);
  let known: Promise<string | null> | null = null;
  const token = () => {
    known ??=
      tracker.kind === 'local'
        ? Promise.resolve(null)
        : lookUpToken({ stateDir: null, scope: scopeOf(tracker), apiUrl: tracker.apiUrl });
    return known;
  };
  return {
    stateDir: state,
    checkout,
    config,
    remote,
    defaultBranch: config.github.defaultBranch ?? (await defaultBranchOf(remote, checkout.commonDir)),
    tracker,
    key: repoKey(tracker, (text) => createHash('sha256').update(text).digest('hex').slice(0, 12)),
    name: tracker.kind === 'github' ? `${tracker.owner}/${tracker.repo}` : path.basename(checkout.root),
    token,
    openTracker: async () => openTracker(tracker, await token(), { patienceMs, onWait: tellOnce() }),
  };
}

/** The branch that work is based on and pull requests aim at, by name alone. */
export function baseBranchOf(project: Pick<Project, 'config' | 'defaultBranch' | 'checkout'>): string {
  const { config, defaultBranch, checkout } = project;
  const base = config.agent.baseBranch ?? defaultBranch ?? checkout.currentBranch;
  if (base !== null) return base;
  throw new LocusFailure('ConfigInvalid', 'the base branch cannot be found', {
    remedy: 'set agent.baseBranch in .locus/config.json',
  });
}

function trackerOf(config: Config, checkout: Checkout, remote: Remote | null): TrackerRef {
  if (config.tracker === 'local') return { kind: 'local', commonDir: checkout.commonDir };
  // GITHUB_REPOSITORY is what GitHub Actions says where the remote does not.
  const [actionsOwner = null, actionsRepo = null] = process.env.GITHUB_REPOSITORY?.split('/') ?? [];
  const owner = config.github.owner ?? remote?.owner ?? actionsOwner;
  const repo = config.github.repo ?? remote?.repo ?? actionsRepo;
  if (owner !== null && repo !== null) {
    return { kind: 'github', apiUrl: (process.env.GITHUB_API_URL || publicApi).replace(/\/+$/, ''), owner, repo };
  }
  if (remote === null) {
    throw new LocusFailure(
      'RepositoryInvalid',
      `${checkout.root} has no git remote, so there is no repository on GitHub`,
      {
        remedy: 'add one with `git remote add origin <url>`, or use the local tracker: `locus init --tracker local`',
      },
    );
  }
  throw new LocusFailure(
    'ConfigInvalid',
    `the remote ${remote.name} (${remote.url}) does not say which repository on GitHub it is`,
    {
      remedy: 'set github.owner and github.repo with `locus init --owner <owner> --repo <repo>`',
    },
  );
}

/** Many requests may wait for the same. */
function tellOnce(): (why: string) => void {
  let told = '';
  return (why) => {
    if (why !== told) console.error(`waiting: ${why}`);
    told = why;
  };
}
