import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { HaltStep } from '../../domain/gated/loop-state.ts';
import { childId } from '../children.ts';
import { lockType } from '../messages.ts';
import type { GatedBench } from './role.ts';

/** Takes the locks of the target's issues, which end with the run; null, or what the run halts for. */
export async function holdIssues({ run, target }: GatedBench): Promise<HaltStep | null> {
  for (const issue of target.issues) {
    if (target.held.has(issue)) continue;
    try {
      await startChild(lockType, {
        workflowId: childId(run, issue),
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `#${issue} is held by ${run.input.runId}`,
      });
      target.held.add(issue);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return { kind: 'halt', reason: 'issue_held', detail: `another run works on issue #${issue}`, trigger: null };
    }
  }
  return null;
}
