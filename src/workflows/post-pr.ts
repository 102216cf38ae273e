import { condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { RunInput, RunState } from '../domain/run.ts';
import { budgetOf } from './budget.ts';
import { toItsEnd } from './endings.ts';
import { postPrChanged } from './messages.ts';
import { runPhases } from './post-pr/phases.ts';
import type { PostPrBench } from './post-pr/step.ts';
import { Validated } from './post-pr/target.ts';
import { Run } from './run.ts';
import { Tools } from './tools.ts';
import { TrackerWrites } from './tracker-writes.ts';

/**
 * Validates the draft of a gated run or a plan, which is open. It ends where it halts: the run that has started it halts
 * then, and starts it again where it stood. Nothing is merged or marked ready by it.
 */
export async function postPr(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const target = new Validated(run);
  const tools = new Tools(run);
  const parent = workflowInfo().parent?.workflowId ?? null;
  const writes = new TrackerWrites(run, Promise.resolve());
  const bench: PostPrBench = { run, tools, writes, budget: budgetOf(run), target, plan: null };
  const hostId = input.postPr?.hostId ?? null;
  run.change({ hostId });
  run.update(target.issue, { status: 'in_progress', startedAt: Date.now() });
  // It may be cancelled, or outlive its parent, at any moment.
  if (parent !== null) tell(parent, bench).catch(() => {});
  const end = async () => {
    // The slot of the host that it was given is its parent's.
    if (run.state.hostId !== hostId) await tools.leaveHost();
    return run.finish(run.stopping ? 'stopped' : 'finished');
  };
  return toItsEnd(
    async () => {
      await runPhases(bench);
      return end();
    },
    () => {
      target.halt('user_interrupt', 'stopped');
      return end();
    },
  );
}

async function tell(parent: string, { run, target }: PostPrBench): Promise<void> {
  const standing = () => {
    const { waiting } = run.state;
    const { attemptId, attempts, phase } = run.task(target.issue);
    return { state: target.post, task: { attemptId, attempts, phase }, waiting };
  };
  for (let told = ''; ; ) {
    await condition(() => JSON.stringify(standing()) !== told);
    const news = standing();
    told = JSON.stringify(news);
    await getExternalWorkflowHandle(parent).signal(postPrChanged, news);
  }
}
