import { noCompletion } from './push-mode.ts';
import type { PlanSprint, PlanState } from './state.ts';

/** What a sprint's own run has come to so far; the whole, not what came since. */
export interface SprintTotals {
  readonly cycles: number;
  readonly files_changed: number;
  readonly findings_fixed: number;
}

interface PlanStart {
  readonly plan_id: string;
  readonly branch: string;
  /** In order, `sprint-N`. */
  readonly sprints: readonly string[];
  readonly options: PlanState['options'];
}

/** A plan that has begun. `at` is ISO 8601, here and below. */
export function newPlan({ plan_id, branch, sprints, options }: PlanStart, at: string): PlanState {
  const list = sprints.map((id): PlanSprint => ({ id, status: 'pending', cycles: 0 }));
  return {
    plan_id,
    branch,
    state: 'JACK_IN',
    timestamps: { started: at, last_activity: at },
    options,
    completion: noCompletion,
    ...countsOf(list),
  };
}

/** The sprint to work on: the one that was begun, else the first that was not. Null when all are completed. */
export function nextSprint({ sprints: { list } }: PlanState): string | null {
  const begun = list.find(({ status }) => status === 'in_progress');
  return (begun ?? list.find(({ status }) => status === 'pending'))?.id ?? null;
}

/** Also what a resumed sprint does: the failure that stopped the plan is gone then. */
export function sprintStarted(plan: PlanState, id: string, at: string): PlanState {
  const { failure: _failure, ...rest } = plan;
  return changed({ ...rest, state: 'RUNNING' }, id, { status: 'in_progress' }, id, at);
}

/** Keeps the totals of a sprint that is under way. */
export function sprintProgressed(plan: PlanState, id: string, totals: SprintTotals, at: string): PlanState {
  return changed(plan, id, totals, plan.sprints.current, at);
}

export function sprintCompleted(plan: PlanState, id: string, totals: SprintTotals, at: string): PlanState {
  return changed(plan, id, { ...totals, status: 'completed' }, null, at);
}

/** Of which nothing is left to do, whoever has done it: what it has cost and changed is not known. */
export function sprintOver(plan: PlanState, id: string, at: string): PlanState {
  return changed(plan, id, { status: 'completed' }, null, at);
}

/** Those that were completed before: they are counted, and no agent is called for them. */
export function sprintsTakenOver(
  plan: PlanState,
  done: readonly (SprintTotals & { readonly id: string })[],
  at: string,
): PlanState {
  return done.reduce((state, { id, ...totals }) => sprintCompleted(state, id, totals, at), plan);
}

/** A halted sprint stops the plan; those after it stay as they are. */
export function sprintHalted(
  plan: PlanState,
  id: string,
  halt: SprintTotals & { readonly reason: string },
  at: string,
): PlanState {
  const { reason, ...totals } = halt;
  const failure = { sprint: id, reason, timestamp: at };
  return changed({ ...plan, state: 'HALTED', failure }, id, { ...totals, status: 'in_progress' }, id, at);
}

/** Stopped before its next sprint has begun, which stays as it is. */
export function planHalted(plan: PlanState, next: string, reason: string, at: string): PlanState {
  return { ...planMoved(plan, 'HALTED', at), failure: { sprint: next, reason, timestamp: at } };
}

/** A plan in another state, between sprints or after the last: what has stopped it before is gone. */
export function planMoved(plan: PlanState, state: PlanState['state'], at: string): PlanState {
  const { failure: _failure, ...rest } = plan;
  return { ...rest, state, timestamps: { ...plan.timestamps, last_activity: at } };
}

function changed(
  plan: PlanState,
  id: string,
  change: Partial<PlanSprint>,
  current: string | null,
  at: string,
): PlanState {
  const list = plan.sprints.list.map((sprint) => (sprint.id === id ? { ...sprint, ...change } : sprint));
  const { sprints, metrics } = countsOf(list);
  return {
    ...plan,
    timestamps: { ...plan.timestamps, last_activity: at },
    sprints: { ...sprints, current },
    metrics,
  };
}

/** Summed up anew each time, so that a report which comes twice counts once. */
function countsOf(list: readonly PlanSprint[]): Pick<PlanState, 'sprints' | 'metrics'> {
  const sum = (of: (sprint: PlanSprint) => number) => list.reduce((total, sprint) => total + of(sprint), 0);
  return {
    sprints: {
      total: list.length,
      completed: sum(({ status }) => (status === 'completed' ? 1 : 0)),
      current: null,
      list,
    },
    metrics: {
      total_cycles: sum(({ cycles }) => cycles),
      total_files_changed: sum(({ files_changed }) => files_changed ?? 0),
      total_findings_fixed: sum(({ findings_fixed }) => findings_fixed ?? 0),
    },
  };
}
