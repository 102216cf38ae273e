import { condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { withHours } from '../../domain/gated/breaker.ts';
import { resume, sprintChanged, sprintResumed } from '../messages.ts';
import type { GatedBench } from './role.ts';
import type { Resumption } from './steer.ts';

/** As a sprint of a plan: it tells the plan where it stands, and the plan alone lets it go on. */
export function partOf(plan: string, bench: GatedBench): { readonly resumption: Resumption } {
  const { run, target } = bench;
  const course = { resumption: 'keep' as Resumption };
  setHandler(sprintResumed, ({ breaker, budgets, timeoutHours }) => {
    course.resumption = breaker;
    // A probe has no time; once it is approved, these hours are what begins.
    if (timeoutHours !== undefined) target.set({ ...target.loop, breaker: withHours(target.breaker, timeoutHours) });
    if (budgets) run.change({ budget: { ...run.state.budget, ...budgets } });
    run.letGoOn();
  });
  // That knows nothing of an open breaker.
  setHandler(resume, () => run.warn('not resumed: its plan lets it go on'));
  // It may be cancelled, or outlive its plan, at any moment.
  tell(plan, bench).catch(() => {});
  return course;
}

async function tell(plan: string, { run, target }: GatedBench): Promise<void> {
  const news = () => {
    const { gated, hostId, waiting } = run.state;
    return gated && { sprint: target.state.target, gated, task: run.task(target.issue), hostId, waiting };
  };
  // The time alone is no news.
  const key = () => {
    const { gated, hostId, waiting } = run.state;
    const { timestamps: _now, ...standing } = gated?.run ?? {};
    return JSON.stringify([standing, gated?.circuit_breaker.state, run.task(target.issue).attemptId, hostId, waiting]);
  };
  for (let told = ''; ; ) {
    await condition(() => key() !== told);
    told = key();
    const latest = news();
    if (latest) await getExternalWorkflowHandle(plan).signal(sprintChanged, latest);
  }
}
