import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import type { FailureType } from '../domain/failures.ts';
import { failureOf } from './activities.ts';
import type { Run } from './run.ts';

/**
 * Does a step that may be tried again for hours. A halt or stop reaches it at once: the step is given up, and done again
 * after a resume. What only a person can mend halts the run, where it can wait for one.
 */
export async function patiently<T>(run: Run, step: () => Promise<T>): Promise<T> {
  for (;;) {
    await run.checkpoint();
    try {
      return await untilInterrupted(run, step);
    } catch (error) {
      if (isCancellation(error)) {
        if (!run.interrupted) throw error;
        continue;
      }
      const failure = failureOf(error);
      if (!forPeople.includes(failure.type) || run.input.type === 'parallel') throw error;
      await run.haltFor(failure);
    }
  }
}

const forPeople: readonly FailureType[] = [
  'BaseConflict',
  'CredentialsMissing',
  'CredentialsRefused',
  // A checkout in root mode that holds the person's own changes.
  'RepositoryInvalid',
];

async function untilInterrupted<T>(run: Run, step: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  let settled = false;
  const result = scope.run(step).finally(() => {
    settled = true;
  });
  await Promise.race([condition(() => settled || run.interrupted), result.catch(() => {})]);
  if (settled) return result;
  scope.cancel();
  await Promise.race([condition(() => settled || run.forced), result.catch(() => {})]);
  // Nothing else begins in that workspace while it goes on: its host lets one step in at a time.
  if (!settled) throw new CancelledFailure('given up by force');
  return result;
}
