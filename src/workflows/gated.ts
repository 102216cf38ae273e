import { workflowInfo } from '@temporalio/workflow';
import type { EntryPhase } from '../domain/gated/transitions.ts';
import type { RunInput, RunState } from '../domain/run.ts';
import { budgetOf } from './budget.ts';
import { triaged } from './bug/triage.ts';
import { labelsReady, releaseWorkspace, stopped, toItsEnd, unlessHalted } from './endings.ts';
import { conclude, haltAt } from './gated/ending.ts';
import { holdIssues } from './gated/hold.ts';
import { partOf } from './gated/part.ts';
import { type LoopEnd, lookedAgain, workFrom } from './gated/phases.ts';
import type { GatedBench } from './gated/role.ts';
import { remotePosition, steered } from './gated/steer.ts';
import { Target } from './gated/target.ts';
import { PhaseCut, Run } from './run.ts';
import { reportLeft, reportStarted } from './task-reports.ts';
import { Tools } from './tools.ts';
import { TrackerWrites } from './tracker-writes.ts';

/**
 * One target, implemented, reviewed and audited in cycles under a circuit breaker, up to a draft pull request. What halts
 * it, a person or a failure, leaves its work committed, and the run waits until somebody resumes it.
 */
export function gatedTarget(input: RunInput): Promise<RunState> {
  return throughGates(input);
}

export async function throughGates(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const target = new Target(run);
  const tools = new Tools(run);
  const writes = new TrackerWrites(run, labelsReady(run, tools.tracker));
  const plan = workflowInfo().parent?.workflowId ?? null;
  const bench: GatedBench = { run, tools, writes, budget: budgetOf(run), target, plan };
  const course = plan === null ? steered(run, target, () => remotePosition(bench, target)) : partOf(plan, bench);
  return toItsEnd(
    async () => {
      begin(bench);
      for (let from: EntryPhase = 'INIT'; ; ) {
        const end = await cycles(bench, from);
        const halt = end.kind === 'complete' ? await conclude(bench) : end;
        if (halt === null) break;
        from = await haltAt(bench, halt, () => course.resumption);
      }
      run.update(target.issue, { status: 'done', phase: null, finishedAt: Date.now() });
      await unlessHalted(run, writes);
      // A plan's next sprint goes on in it.
      if (plan === null) await releaseWorkspace(run, tools, target.branch);
      await tools.leaveHost();
      return run.finish();
    },
    () => ended(bench),
  );
}

/** What has passed its gates is not worked on again, when only its push was what halted the run. */
async function cycles(bench: GatedBench, from: EntryPhase): Promise<LoopEnd> {
  const { target } = bench;
  const { bug } = target;
  try {
    if (target.passed) {
      const broken = await lookedAgain(bench);
      if (broken !== null) return broken;
      if (target.passed) return { kind: 'complete' };
    }
    const held = await holdIssues(bench);
    if (held !== null) return held;
    if (bug === null) return await workFrom(bench, from);
    // It makes the branch ready itself.
    return (await triaged(bench, bug)) ?? (await workFrom(bench, from === 'INIT' ? 'IMPLEMENT' : from));
  } catch (error) {
    if (error instanceof PhaseCut) return { kind: 'person', reason: error.message };
    throw error;
  }
}

/** Stopped for good: nobody works on its issues any more. */
async function ended({ run, tools, writes, target }: GatedBench): Promise<RunState> {
  for (const issue of target.issues) reportLeft(run, tools, writes, issue);
  run.update(target.issue, { status: 'pending', phase: null });
  return stopped(run, tools, writes);
}

function begin({ run, tools, writes, target }: GatedBench): void {
  run.update(target.issue, { status: 'in_progress', phase: 'preparing', startedAt: Date.now() });
  for (const issue of target.issues) reportStarted(run, tools, writes, issue, null);
}
