import { condition, setHandler } from '@temporalio/workflow';
import type { GatedProgress } from '../domain/gated/run-input.ts';
import type { RunInput, RunState } from '../domain/run.ts';
import { labelsReady, releaseWorkspace, toItsEnd, unlessHalted } from './endings.ts';
import { standHalted } from './gated/delivery.ts';
import { type Resumption, remotePosition, steered } from './gated/steer.ts';
import { sprintChanged } from './messages.ts';
import { concludePlan, draftOfSprint, incompletePlan, type PlanBench } from './plan/ending.ts';
import { Sprint } from './plan/sprint.ts';
import { Plan } from './plan/state.ts';
import { takeOver } from './plan/take-over.ts';
import { Run } from './run.ts';
import { Tools } from './tools.ts';
import { TrackerWrites } from './tracker-writes.ts';

/**
 * The sprints of a plan, one after the other on one branch, each a gated target of its own. A halted sprint stops the plan
 * until somebody resumes it; the end is one draft for all of them, or has been one for each.
 */
export async function planRun(input: RunInput): Promise<RunState> {
  const run = new Run(input);
  const plan = new Plan(run);
  const tools = new Tools(run);
  const writes = new TrackerWrites(run, labelsReady(run, tools.tracker));
  const bench: PlanBench = { run, tools, writes, plan, resumption: () => course.resumption };
  const course: { readonly resumption: Resumption } = steered(run, plan, () => remotePosition(bench, plan));
  let heard: GatedProgress | null = null;
  let current: Sprint | null = null;
  setHandler(sprintChanged, (news) => {
    if (news.sprint !== plan.state.sprints.current) return;
    heard = news.gated;
    plan.heard(news);
  });
  const [task] = input.tasks;
  return toItsEnd(
    async () => {
      if (task) run.update(task.issue, { status: 'in_progress', startedAt: Date.now() });
      await takeOver(bench);
      for (let id = plan.next; id !== null; id = plan.next) {
        // One that goes on is told itself.
        if (current === null) await haltedByPerson(bench, id);
        plan.started(id);
        if (current?.id !== id) {
          heard = null;
          const target = plan.input.sprints.find(({ name }) => name === id);
          if (!target) break;
          plan.begins(id);
          if (tools.hasClaimed) await tools.leaveHost();
          current = await Sprint.begin(run, plan, target);
          if (current === null) continue;
        }
        const sprint: Sprint = current;
        const end = await sprint.outcome(() => heard);
        if (run.stopping) await run.checkpoint();
        if (end.kind === 'complete') {
          plan.completed(id, end.gated, end.state.tasks[0]);
          take(run, end.state);
          current = null;
          if (!plan.input.consolidate) await draftOfSprint(bench, id);
          continue;
        }
        if (end.kind === 'gone') plan.gone();
        plan.halted(id, end.reason);
        await standHalted(run, plan, end.reason, () => incompletePlan(bench));
        plan.started(id);
        if (end.kind === 'halted') {
          await sprint.resume(course.resumption, () => heard);
          continue;
        }
        plan.resumed(course.resumption);
        current = null;
      }
      await concludePlan(bench);
      if (task) run.update(task.issue, { status: 'done', phase: null, finishedAt: Date.now() });
      await unlessHalted(run, writes);
      await releaseWorkspace(run, tools, plan.branch);
      if (tools.hasClaimed) await tools.leaveHost();
      return run.finish();
    },
    async () => {
      await condition(() => current === null || current.isOver);
      return run.finish('stopped');
    },
  );
}

/** A halt that comes between two sprints has nothing to cut. */
async function haltedByPerson(bench: PlanBench, id: string): Promise<void> {
  const { run, plan } = bench;
  if (run.stopping) await run.checkpoint();
  const reason = run.haltWanted;
  if (reason === null) return;
  plan.halted(id, reason);
  await standHalted(run, plan, reason, () => incompletePlan(bench));
  plan.resumed(bench.resumption());
}

/** What a sprint has cost, and where the work lies now. */
function take(run: Run, state: RunState): void {
  const [own] = run.input.tasks;
  const [its] = state.tasks;
  if (own && its) run.update(own.issue, { costUsd: run.task(own.issue).costUsd + its.costUsd, commit: its.commit });
  run.change({ hostId: state.hostId });
  for (const warning of state.warnings) run.warn(warning);
}
