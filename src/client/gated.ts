import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isFailureType, LocusFailure } from '../domain/failures.ts';
import { type AnswerRequest, answer, type ResumeGated, resumeGated as resumed } from '../workflows/messages.ts';

/** Lets a halted gated run go on; fails with ResumeRefused where the run says that it may not. */
export async function resumeGated(client: Client, runId: string, request: ResumeGated): Promise<void> {
  await told(client.workflow.getHandle(runId).executeUpdate(resumed, { args: [request] }));
}

/** Answers what a run asks; fails with RunConflict where it does not ask that, with UsageInvalid for what is no answer. */
export async function answerRun(client: Client, runId: string, request: AnswerRequest): Promise<void> {
  await told(client.workflow.getHandle(runId).executeUpdate(answer, { args: [request] }));
}

/** A refusal of the run is a sentence for the person who asked. */
async function told<T>(update: Promise<T>): Promise<T> {
  try {
    return await update;
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : null;
    if (!(cause instanceof ApplicationFailure)) throw error;
    const type = isFailureType(cause.type) ? cause.type : 'RunConflict';
    throw new LocusFailure(type, cause.message, { remedy: 'see `locus status`' });
  }
}
