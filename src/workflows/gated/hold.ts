import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, sleep, startChild } from '@temporalio/workflow';
import type { HaltStep } from '../../domain/gated/loop-state.ts';
import { childId } from '../children.ts';
import { lockType } from '../messages.ts';
import type { Run } from '../run.ts';
import type { GatedBench } from './role.ts';

/** A run that has just ended lets go of its issues in a moment. */
const patience = { times: 5, ms: 1000 };

/** Takes the locks of the target's issues, which end with the run; null, or what the run halts for. */
export async function holdIssues({ run, target }: GatedBench): Promise<HaltStep | null> {
  for (const issue of target.issues) {
    if (target.held.has(issue)) continue;
    for (let tries = 1; !(await holds(run, issue)); tries += 1) {
      if (tries > patience.times || run.haltWanted !== null || run.stopping) {
        return { kind: 'halt', reason: 'issue_held', detail: `another run works on issue #${issue}`, trigger: null };
      }
      await sleep(patience.ms);
    }
    target.held.add(issue);
  }
  return null;
}

async function holds(run: Run, issue: number): Promise<boolean> {
  try {
    await startChild(lockType, {
      workflowId: childId(run, issue),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `#${issue} is held by ${run.input.runId}`,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
