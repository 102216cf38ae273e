import { unfinishedRef } from '../domain/branch.ts';
import type { RunContext, TaskSpec } from '../domain/run.ts';
import type { Workspace } from '../domain/workspace.ts';
import { halfDone } from '../git/half-done.ts';
import { keepWhatLies } from '../git/unfinished.ts';
import { objectsDirOf } from './confine.ts';

interface Found {
  readonly workspace: Workspace;
  /** Where the workspace is to be. */
  readonly start: string;
  readonly task: TaskSpec;
}

/** A worktree that was there may hold what no run has kept: a person's changes, or those of a run that was cut off. */
export async function setFoundAside(run: RunContext, { workspace, start, task }: Found): Promise<string | null> {
  const ref = unfinishedRef(task.branch, task.issue).replace(/[^/]+$/, 'found-$&');
  const objectsDir = await objectsDirOf(workspace);
  return keepWhatLies(workspace, { start, objectsDir, ref, defaultBranch: run.baseBranch });
}

/** An agent that knows nothing of the one that was killed would take the middle of a rebase for its beginning. */
export async function endHalfDone(run: RunContext, found: Found): Promise<void> {
  if ((await halfDone(found.workspace)) !== null) await setFoundAside(run, found);
}
