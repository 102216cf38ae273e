import { planSprintBranch } from '../../domain/branch.ts';
import { LocusFailure } from '../../domain/failures.ts';
import type { GatedTarget } from '../../domain/gated/run-input.ts';
import type { GatedSettings } from '../../domain/gated/settings.ts';
import { judgeOperation } from '../../domain/guard.ts';
import type { RunSettings } from '../../domain/settings.ts';
import { oneLine } from '../../domain/text.ts';
import type { Project } from '../project.ts';
import { requireAgent } from '../run-preflight.ts';

/** A person who stands on a protected branch is not where this work belongs. */
export function requireSafeCheckout(project: Project): void {
  const { checkout, config } = project;
  const { currentBranch } = checkout;
  const defaultBranch = defaultBranchOf(project);
  const alsoProtected = config.agent.baseBranch === null ? [] : [config.agent.baseBranch];
  const judged = judgeOperation('validate', currentBranch ?? 'HEAD', { defaultBranch, alsoProtected });
  if (judged.allowed) return;
  const where = currentBranch === null ? 'HEAD is detached' : `the current branch is ${oneLine(currentBranch)}`;
  throw new LocusFailure('GuardRefused', `${where}: ${judged.reason}`, {
    remedy: 'switch to a branch of your own first: git switch -c <name>',
  });
}

/** The branch that the run works on; refused where the guard would refuse to push it. */
export function branchFor(branch: string, baseBranch: string, project: Project): string {
  const context = { defaultBranch: defaultBranchOf(project), alsoProtected: [baseBranch] };
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
  project: Project,
): void {
  for (const { name } of sprints) branchFor(planSprintBranch(branch, name), baseBranch, project);
}

/** The repository's own, which need not be the one that work is based on. */
function defaultBranchOf({ config, remote }: Project): string | null {
  return config.github.defaultBranch ?? remote?.defaultBranch ?? null;
}

/** Every role's agent must be there before the first one starts. */
export async function requireRoles(settings: RunSettings, roles: GatedSettings['roles']): Promise<void> {
  for (const { provider } of Object.values(roles)) await requireAgent({ provider, agent: settings.agent });
}
