import { computedOfRun, type PlanView, planComputed, type RunView } from './status-view.ts';

/** For scripts. `now` is in milliseconds, here and below. */
export function runJson(view: RunView, now: number) {
  const { run, circuit_breaker, post_pr, bug, notes = [] } = view;
  return {
    run,
    circuit_breaker,
    computed: computedOfRun(view, now),
    ...(bug === undefined ? {} : { bug }),
    ...(post_pr === undefined ? {} : { post_pr }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** For scripts: the run and its breaker are those of the sprint that the plan is at; the time is the plan's. */
export function planJson({ plan, current, breaker, excludedMs, post_pr }: PlanView, now: number) {
  const computed = planComputed(plan, now, excludedMs);
  const validation = post_pr === undefined ? {} : { post_pr };
  if (current === null) return { plan, run: null, circuit_breaker: breaker ?? null, computed, ...validation };
  return { plan, ...runJson(current, now), computed, ...validation };
}
