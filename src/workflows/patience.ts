import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { FailureType } from '../domain/failures.ts';
import type { RunType } from '../domain/run.ts';
import { failureOf } from './activities.ts';
import type { Run } from './run.ts';
import { endsBefore, letsGoSoon } from './settled.ts';

/**
 * Does a step that may be tried again for hours. A halt or stop reaches it at once: the step is given up, and done again
 * after a resume. What only a person can mend halts the run, where it can wait for one. `limit`: what is thrown once it is
 * not to be waited for any longer; null until then.
 */
export async function patiently<T>(
  run: Run,
  step: () => Promise<T>,
  limit: () => Error | null = () => null,
): Promise<T> {
  for (;;) {
    await run.checkpoint();
    try {
      return await untilInterrupted(run, step, () => limit() !== null);
    } catch (error) {
      if (error instanceof GivenUp) {
        await run.checkpoint();
        const over = limit();
        if (over !== null) throw over;
        continue;
      }
      if (isCancellation(error)) throw error;
      const failure = failureOf(error);
      if (!forPeople.includes(failure.type) || !haltsHere.includes(run.input.type)) throw error;
      await run.haltFor(failure);
    }
  }
}

/** The others tell it to who can: their children, or a halt of their own kind. */
const haltsHere: readonly RunType[] = ['sprint', 'issue'];

const forPeople: readonly FailureType[] = [
  'BaseConflict',
  'CredentialsMissing',
  'CredentialsRefused',
  // A checkout in root mode that holds the person's own changes.
  'RepositoryInvalid',
];

/** A step was given up; by the time that it lets go of a halt or stop the run may have been resumed. */
class GivenUp extends Error {}

async function untilInterrupted<T>(run: Run, step: () => Promise<T>, isOver: () => boolean): Promise<T> {
  const scope = new CancellationScope();
  const result = scope.run(step);
  if (await endsBefore(result, () => run.interrupted || isOver())) return result;
  scope.cancel();
  // Nothing else begins in that workspace while it goes on: its host lets one step in at a time.
  if (!run.interrupted) await letsGoSoon(result);
  if (!run.interrupted || !(await endsBefore(result, () => run.forced))) throw new GivenUp();
  return result.catch((error: unknown) => {
    throw isCancellation(error) ? new GivenUp() : error;
  });
}
