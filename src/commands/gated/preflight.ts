import { planSprintBranch } from '../../domain/branch.ts';
import { LocusFailure } from '../../domain/failures.ts';
import type { GatedTarget } from '../../domain/gated/run-input.ts';
import type { GatedSettings } from '../../domain/gated/settings.ts';
import { judgeOperation } from '../../domain/guard.ts';
import type { RunSettings } from '../../domain/settings.ts';
import { oneLine } from '../../domain/text.ts';
import { defaultBranchOf, guessOf, remoteHead } from '../../git/remote.ts';
import type { Project } from '../project.ts';
import { requireAgent } from '../run-preflight.ts';

/** A project whose default branch is no guess, where its remote tells it. */
export interface GatedProject extends Project {
  /** All that may be it, as the remote and the config say, and what the config bases work on. */
  readonly protectedBranches: readonly string[];
  /** What a person is told where neither the config nor the remote names it. */
  readonly guess: string | null;
}

const patienceMs = 5_000;

/**
 * Asks the remote for its default branch where git does not know it. What the config says and what is usual add to it, and
 * are believed alone where the remote names none.
 */
export async function withDefaultBranch(project: Project): Promise<GatedProject> {
  const { checkout, config, remote } = project;
  const own =
    remote === null
      ? await defaultBranchOf(null, checkout.commonDir)
      : await remoteHead(checkout, remote.name, patienceMs);
  const names = [own, project.defaultBranch, config.agent.baseBranch];
  const named = config.github.defaultBranch ?? own;
  const defaultBranch = named ?? project.defaultBranch;
  return {
    ...project,
    defaultBranch,
    guess: remote === null || named !== null || defaultBranch === null ? null : guessOf(remote.name, defaultBranch),
    protectedBranches: [...new Set(names.filter((name) => name !== null))],
  };
}

/** A person who stands on a protected branch is not where this work belongs. */
export function requireSafeCheckout({ checkout, defaultBranch, protectedBranches }: GatedProject): void {
  const { currentBranch } = checkout;
  const context = { defaultBranch, alsoProtected: protectedBranches };
  const judged = judgeOperation('validate', currentBranch ?? 'HEAD', context);
  if (judged.allowed) return;
  const where = currentBranch === null ? 'HEAD is detached' : `the current branch is ${oneLine(currentBranch)}`;
  throw new LocusFailure('GuardRefused', `${where}: ${judged.reason}`, {
    remedy: 'switch to a branch of your own first: git switch -c <name>',
  });
}

/** The branch that the run works on; refused where the guard would refuse to push it. */
export function branchFor(branch: string, baseBranch: string, project: GatedProject): string {
  const context = { defaultBranch: baseBranch, alsoProtected: project.protectedBranches };
  const judged = judgeOperation('create', branch, context);
  if (judged.allowed) return branch;
  throw new LocusFailure('GuardRefused', `a gated run cannot work on ${JSON.stringify(branch)}: ${judged.reason}`, {
    remedy: 'name another with --branch',
  });
}

/** The same for the branches that a plan without one draft for all pushes: refused before its first sprint is paid for. */
export function checkSprintBranches(
  branch: string,
  sprints: readonly Pick<GatedTarget, 'name'>[],
  baseBranch: string,
  project: GatedProject,
): void {
  for (const { name } of sprints) branchFor(planSprintBranch(branch, name), baseBranch, project);
}

/** What is not known can neither be protected nor be what the work is compared with: the checked out branch is a person's. */
export function requireKnownBase({ config, defaultBranch }: Project): void {
  if (defaultBranch !== null || config.agent.baseBranch !== null) return;
  throw new LocusFailure('ConfigInvalid', 'the default branch of this repository cannot be found', {
    remedy: 'set github.defaultBranch in .locus/config.json',
  });
}

/** Every role's agent must be there before the first one starts. */
export async function requireRoles(settings: RunSettings, roles: GatedSettings['roles']): Promise<void> {
  for (const { provider } of Object.values(roles)) await requireAgent({ provider, agent: settings.agent });
}
