import type { Engine } from '../../client/connect.ts';
import { resumeGated } from '../../client/gated.ts';
import { findRun } from '../../client/runs.ts';
import { LocusFailure } from '../../domain/failures.ts';
import { decideHalt } from '../../domain/gated/halt-resume.ts';
import { isRunState } from '../../domain/gated/transitions.ts';
import { handOverSecrets } from '../hand-over.ts';
import { budgetsFor, type Project } from '../project.ts';

export interface ResumeOptions {
  readonly runId: string;
  readonly resetBreaker?: boolean;
  readonly resetIce?: boolean;
  readonly probe?: boolean;
  readonly force?: boolean;
  readonly branch?: string;
}

/** Lets a halted gated run go on, or says in words why not. `project`: its repository; null: called from elsewhere. */
export async function resumeGatedRun(engine: Engine, project: Project | null, options: ResumeOptions): Promise<void> {
  const { runId, resetBreaker, resetIce, probe = false, force = false, branch } = options;
  const found = await findRun(engine.client, runId);
  if (!found?.open)
    throw new LocusFailure('ResumeRefused', 'there is no gated run to resume', { remedy: 'see `locus runs`' });
  if (project !== null && !engine.target.configured) await handOverSecrets(project, true);
  const request = {
    flags: { reset: Boolean(resetBreaker || resetIce), probe, force },
    ...(branch === undefined ? {} : { branch }),
    ...(project === null ? {} : { budgets: budgetsFor(project, null) }),
  };
  await resumeGated(engine.client, runId, request);
}

/** Whether a gated run is to be halted, by what its memo says: `RUNNING REVIEW 2`. */
export function haltDecision(memo: string | undefined, reason: string | null) {
  const [state = ''] = memo?.split(' ') ?? [];
  return decideHalt(isRunState(state) ? state : 'JACK_IN', reason);
}
