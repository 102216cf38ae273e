import type { Engine } from '../../client/connect.ts';
import { resumeGated } from '../../client/gated.ts';
import { findRun, startedWith } from '../../client/runs.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { decideHalt } from '../../domain/gated/halt-resume.ts';
import { isRunState } from '../../domain/gated/transitions.ts';
import type { RunInput } from '../../domain/run.ts';
import { stateDir } from '../../server/state.ts';
import { handOverSecrets } from '../hand-over.ts';
import { budgetsFor, type Project } from '../project.ts';
import { requireCleanRootOf } from '../run-preflight.ts';

export interface ResumeOptions {
  readonly runId: string;
  readonly resetBreaker?: boolean;
  readonly resetIce?: boolean;
  readonly probe?: boolean;
  readonly force?: boolean;
  readonly branch?: string;
  readonly allowHigh?: boolean;
}

/** Lets a halted gated run go on, or says in words why not. `project`: its repository; null: called from elsewhere. */
export async function resumeGatedRun(engine: Engine, project: Project | null, options: ResumeOptions): Promise<void> {
  const { runId, resetBreaker, resetIce, probe = false, force = false, branch, allowHigh = false } = options;
  const found = await findRun(engine.client, runId);
  if (!found?.open)
    throw new LocusFailure('ResumeRefused', 'there is no gated run to resume', { remedy: 'see `locus runs`' });
  const input = await startedWith(engine.client, runId);
  const here = branch ?? checkedOut(project, input);
  if (here === undefined || here === input?.branch) await requireCleanRootOf(input, await stateDir());
  if (project !== null && !engine.target.configured) await handOverSecrets(project, true);
  const request = {
    flags: { reset: Boolean(resetBreaker || resetIce), probe, force },
    ...(here === undefined ? {} : { branch: here }),
    ...(allowHigh ? { allowHigh } : {}),
    ...(project === null ? {} : { budgets: budgetsFor(project, null) }),
  };
  await resumeGated(engine.client, runId, request);
}

/** The branch of the checkout that the run works in, which is never switched; undefined where it has a worktree. */
function checkedOut(project: Project | null, input: RunInput | null): string | undefined {
  if (project === null || input?.settings.sprint.workspace !== 'root') return undefined;
  const { root, currentBranch } = project.checkout;
  if (input.source.kind !== 'checkout' || input.source.root !== root) return undefined;
  return currentBranch ?? 'HEAD (detached)';
}

/** Whether a gated run is to be halted, by what its memo says: `RUNNING REVIEW 2`. */
export function haltDecision(memo: string | undefined, reason: string | null) {
  const [state = ''] = memo?.split(' ') ?? [];
  return decideHalt(isRunState(state) ? state : 'JACK_IN', reason);
}
