import type { GatedProgress, PlanProgress } from './gated/run-input.ts';
import { phaseOf, phaseOfPlan } from './gated/status-view.ts';
import { countByStatus } from './next-step.ts';
import {
  goesThroughGates,
  type RunContext,
  type RunInput,
  type RunMemo,
  type RunState,
  type TaskSpec,
  type TaskState,
  type Waiting,
} from './run.ts';
import { headBytes, oneLine } from './text.ts';

export function newRunState(input: RunInput, at: number): RunState {
  return {
    runId: input.runId,
    type: input.type,
    repoName: input.repoName,
    sprint: input.sprint?.title ?? null,
    branch: input.branch,
    only: input.only,
    status: 'running',
    halt: null,
    waiting: null,
    budget: { taskUsd: input.settings.agent.budgetUsd, runUsd: input.settings.agent.runBudgetUsd, reserved: [] },
    hostId: null,
    tasks: input.tasks.map(newTaskState),
    pr: null,
    warnings: [],
    startedAt: at,
    finishedAt: null,
  };
}

/** What activities are given of a run's input. */
export function contextOf(input: RunInput): RunContext {
  const { tasks: _tasks, finished: _finished, gated, plan, postPr: _postPr, ...context } = input;
  const artifacts = gated?.id ?? plan?.id;
  return artifacts === undefined ? context : { ...context, artifacts };
}

export function withTask(state: RunState, issue: number, change: Partial<TaskState>): RunState {
  return { ...state, tasks: state.tasks.map((task) => (task.issue === issue ? { ...task, ...change } : task)) };
}

/** The memo must stay under 1 KB as JSON: numbers and short texts only, on one line because JSON makes more of a control character. */
export function memoOf(state: RunState): RunMemo {
  const counts = countByStatus(state.tasks);
  const failed = state.tasks.findLast((task) => task.error);
  const failure = state.halt?.failure?.message ?? failed?.error?.message ?? null;
  return {
    type: state.type,
    repoName: headBytes(state.repoName, 100),
    sprint: state.sprint === null ? null : headBytes(oneLine(state.sprint), 80),
    only: state.only,
    status: state.status,
    counts: [counts.pending, counts.in_progress, counts.done + counts.skipped, counts.failed],
    current: state.tasks
      .filter((task) => task.status === 'in_progress')
      .map((task) => task.issue)
      .slice(0, 10),
    waitingUntil: state.waiting?.until ?? null,
    failure: failure === null ? null : headBytes(oneLine(failure), 200),
    ...(state.gated ? { gated: standing(state.gated) } : {}),
    ...(state.plan ? { gated: standingOfPlan(state.plan) } : {}),
  };
}

function standing(view: GatedProgress): string {
  return `${view.run.state} ${phaseOf(view)} ${view.run.cycles.current}`;
}

function standingOfPlan(view: PlanProgress): string {
  return `${view.plan.state} ${phaseOfPlan(view)} ${view.current?.run.cycles.current ?? 0}`;
}

/** 0 done, 1 a task failed, 3 halted; the last also for a run, or a part of it, that was stopped. */
export function exitCodeOf(state: RunState): 0 | 1 | 3 {
  if (state.status === 'halted' || state.status === 'stopped') return 3;
  if (state.tasks.some((task) => task.status === 'failed')) return 1;
  return state.tasks.some((task) => task.status === 'pending') ? 3 : 0;
}

/** For people: what a run sleeps for. `clock` writes a time. */
export function waitText({ reason, until }: Waiting, clock: (at: Date) => string): string {
  return until === null ? `waiting for ${reason}` : `waiting until ${clock(new Date(until))}: ${reason}`;
}

/** What a person types to let this run go on. An open breaker has to be dealt with. */
export function resumeCommand(run: Pick<RunState, 'type' | 'only' | 'tasks' | 'gated' | 'plan'>): string {
  const { type, only, tasks, gated, plan } = run;
  const breaker = (gated ?? plan?.current)?.circuit_breaker ?? plan?.breaker;
  if (goesThroughGates(type)) return breaker?.state === 'OPEN' ? 'locus resume --reset-breaker' : 'locus resume';
  const sprintIssues = only === null ? [] : [only];
  const issues = type === 'sprint' ? sprintIssues : tasks.map((task) => task.issue);
  return ['locus run', ...issues, '--resume'].join(' ');
}

function newTaskState(spec: TaskSpec): TaskState {
  return {
    ...spec,
    status: 'pending',
    phase: null,
    pr: null,
    prUrl: null,
    error: null,
    attempts: 0,
    attemptId: null,
    session: null,
    startCommit: spec.committed?.start ?? null,
    commit: spec.committed?.commit ?? null,
    unfinished: false,
    summary: null,
    failures: 0,
    startedAt: null,
    finishedAt: null,
    costUsd: 0,
  };
}
