import type { Engine } from '../../client/connect.ts';
import { type FoundRun, startedWith } from '../../client/runs.ts';
import { inferCompletion, type PlanSync } from '../../domain/gated/plan-sync.ts';
import { isOver } from '../../domain/gated/run-input.ts';
import type { RunInput } from '../../domain/run.ts';
import { baseCommit, resolveCommit } from '../../git/branches.ts';
import { discoverCheckout } from '../../git/discover.ts';
import { git } from '../../git/run.ts';
import { stateDir } from '../../server/state.ts';

/**
 * What the commits on its branch say of a plan that was RUNNING when it was heard of last, and that nobody answers for.
 * null: it is no such plan, or its branch is not on this machine. Nothing is changed by it.
 */
export async function crossChecked({ client }: Engine, { open, memo, runId }: FoundRun): Promise<PlanSync | null> {
  if (!open || memo?.type !== 'plan' || !memo.gated?.startsWith('RUNNING ')) return null;
  const input = await startedWith(client, runId).catch(() => null);
  const subjects = input === null ? null : await subjectsOf(input).catch(() => null);
  if (!input?.plan || subjects === null) return null;
  const list = input.plan.sprints.filter((target) => !isOver(target)).map(({ name }) => ({ id: name }));
  return inferCompletion({ state: 'RUNNING', sprints: { list } }, subjects, new Date().toISOString());
}

/** The subjects of base..HEAD of its branch. */
async function subjectsOf({ source, branch, baseBranch, remote }: RunInput): Promise<string[] | null> {
  if (source.kind !== 'checkout' || branch === null) return null;
  const { repository } = await discoverCheckout(source.root, await stateDir());
  const tip = await resolveCommit(repository, `refs/heads/${branch}`);
  if (tip === null) return null;
  const base = await baseCommit(repository, baseBranch, remote);
  return (await git(repository, ['log', '--format=%s', tip, `^${base}`])).split('\n');
}

/** For people. */
export function syncText({ complete, found, expected, timestamp }: PlanSync): string {
  const counts = `its branch has a commit of ${found} of its ${expected} sprints`;
  return complete ? `${counts}: inferred complete from git at ${timestamp}` : `${counts}: still running`;
}

export function syncJson(sync: PlanSync) {
  return { plan_sync: { git_inferred: sync.complete, ...sync } };
}
