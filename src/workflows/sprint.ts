import { continueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import { nextStep, retryFailed } from '../domain/next-step.ts';
import type { RunInput, RunState } from '../domain/run.ts';
import { failureOf } from './activities.ts';
import { budgetOf } from './budget.ts';
import { Deliveries } from './deliveries.ts';
import { labelsReady, releaseWorkspace, stopped, toItsEnd, unlessStopped } from './endings.ts';
import { patiently } from './patience.ts';
import { Run, RunStopped } from './run.ts';
import { type Bench, runTask } from './task.ts';
import { Tools } from './tools.ts';
import { TrackerWrites } from './tracker-writes.ts';

/**
 * The issues of a sprint, one after the other, on one branch. Halts at a failure where `sprint.stopOnFailure` says so, and
 * goes on when somebody resumes; ends with one pull request. Continues as new between tasks when its history grows long.
 */
export async function sprintRun(input: RunInput, carried: RunState | null = null): Promise<RunState> {
  const { branch } = input;
  const run = new Run(input, carried);
  const tools = new Tools(run);
  const writes = new TrackerWrites(run, carried ? Promise.resolve() : labelsReady(run, tools.tracker));
  const deliveries = new Deliveries(run);
  const bench: Bench = { run, tools, writes, budget: budgetOf(run), deliveries };
  return toItsEnd(
    async () => {
      await workOff(bench);
      await unlessStopped(run, writes.drain());
      await openSprintPull(run, tools);
      if (branch !== null && mayRelease(run)) await releaseWorkspace(run, tools, branch);
      await tools.leaveHost();
      return run.finish();
    },
    async () => {
      // What is on its way to the remote ends with the run, before its workspace goes.
      await deliveries.arrived().catch(() => {});
      await deliveries.dropAhead();
      return stopped(run, tools, writes);
    },
  );
}

/** One task after the other, until none is left. */
async function workOff(bench: Bench): Promise<void> {
  const { run, writes, deliveries } = bench;
  const { input } = run;
  for (;;) {
    await run.checkpoint();
    if (run.haltDue !== null) await run.haltIfDue();
    const others = run.state.tasks.filter((task) => task.issue !== deliveries.issue);
    const step = nextStep(others, input.settings.sprint.stopOnFailure);
    if (step.kind !== 'work' && deliveries.issue !== null) {
      await deliveries.arrived();
      continue;
    }
    if (step.kind === 'finish') return;
    if (step.kind === 'halt') {
      await writes.settle();
      await run.haltFor(step.failure);
      run.change({ tasks: retryFailed(run.state.tasks) });
      continue;
    }
    await runTask(bench, step.issue);
    if (!workflowInfo().continueAsNewSuggested) continue;
    await deliveries.arrived();
    await deliveries.dropAhead();
    await unlessStopped(run, writes.drain());
    // A halt that came meanwhile must not be left behind.
    if (!run.interrupted) await continueAsNew<typeof sprintRun>(input, run.state);
  }
}

/** A worktree is kept where something failed; the person's own checkout is always given back. */
function mayRelease({ input, state }: Run): boolean {
  return input.settings.sprint.workspace === 'root' || !state.tasks.some((task) => task.status === 'failed');
}

/** One pull request for the sprint's branch. Refused for good, the run halts rather than say that it is done. */
async function openSprintPull(run: Run, tools: Tools): Promise<void> {
  const { sprint, branch, settings, remote, tracker } = run.input;
  const tasks = run.state.tasks.map(({ issue, title, status, error }) => ({ issue, title, status, error }));
  const worthIt = tasks.some((task) => task.status === 'done');
  if (!sprint || !branch || !settings.agent.autoPR || !worthIt) return;
  if (remote === null && tracker.kind !== 'local') return;
  for (;;) {
    try {
      const finished = run.input.finished.map(({ issue, title }) => ({
        issue,
        title,
        status: 'done' as const,
        error: null,
      }));
      const pull = await patiently(run, () =>
        tools.tracker.openSprintPull.executeWithOptions({ summary: `pull request for ${branch}` }, [
          run.context,
          { branch, sprint: sprint.title, tasks: [...finished, ...tasks] },
        ]),
      );
      run.change({ pr: pull, tasks: run.state.tasks.map((task) => withPull(task, pull)) });
      return;
    } catch (error) {
      if (error instanceof RunStopped || isCancellation(error)) throw error;
      await run.haltFor(failureOf(error));
    }
  }
}

function withPull(task: RunState['tasks'][number], pull: { number: number; url: string }): RunState['tasks'][number] {
  return task.status === 'done' ? { ...task, pr: pull.number, prUrl: pull.url } : task;
}
