import type { BreakerState, PlanState, TargetState } from '../../../src/domain/gated/state.ts';

const started = '2026-11-21T10:00:00.000Z';

/** A run in its second cycle. */
export function targetState(change: Partial<TargetState> = {}): TargetState {
  return {
    run_id: 'run-20261121-0a1b2c3d',
    target: 'sprint-1',
    branch: 'feature/sprint-1',
    state: 'RUNNING',
    phase: 'REVIEW',
    mode: 'autonomous',
    timestamps: { started, last_activity: '2026-11-21T11:30:00.000Z' },
    cycles: {
      current: 2,
      limit: 20,
      history: [
        { cycle: 1, phase: 'IMPLEMENT', findings: 0, files_changed: 4 },
        { cycle: 1, phase: 'REVIEW', findings: 2, files_changed: 0 },
      ],
    },
    metrics: { files_changed: 7, files_deleted: 1, commits: 3, findings_fixed: 2 },
    options: {
      max_cycles: 20,
      timeout_hours: 8,
      dry_run: false,
      local_mode: false,
      confirm_push: false,
      push_mode: 'AUTO',
    },
    completion: { pushed: false, pr_created: false, pr_url: null, skipped_reason: null },
    red_team_code: { cycles: 0, max_cycles: 2, findings_total: 0, divergences_found: 0, last_findings_hash: null },
    deletions: [{ path: 'src/old.ts', sprint: 'sprint-1', cycle: 1 }],
    ...change,
  };
}

export function breakerState(change: Partial<BreakerState> = {}): BreakerState {
  return {
    state: 'CLOSED',
    triggers: {
      same_issue: {
        count: 1,
        threshold: 3,
        last_hash: '667ee330f64635c9',
        by_gate: { review: { count: 1, last_hash: '667ee330f64635c9' }, audit: { count: 0, last_hash: null } },
      },
      no_progress: { count: 0, threshold: 5 },
      cycle_count: { current: 2, limit: 20 },
      timeout: { started, limit_hours: 8 },
    },
    history: [],
    ...change,
  };
}

export const tripped = breakerState({
  state: 'OPEN',
  history: [{ timestamp: '2026-11-21T11:30:00.000Z', trigger: 'same_issue', reason: 'the same finding 3 times' }],
});

/** sprint-1 done, sprint-2 begun, sprint-10 to come. */
export function planState(change: Partial<PlanState> = {}): PlanState {
  return {
    plan_id: 'plan-20261121-0a1b2c3d',
    branch: 'feature/sprint-plan-20261121',
    state: 'RUNNING',
    timestamps: { started, last_activity: '2026-11-21T11:30:00.000Z' },
    sprints: {
      total: 3,
      completed: 1,
      current: 'sprint-2',
      list: [
        { id: 'sprint-1', status: 'completed', cycles: 2, files_changed: 5 },
        { id: 'sprint-2', status: 'in_progress', cycles: 1 },
        { id: 'sprint-10', status: 'pending', cycles: 0 },
      ],
    },
    options: { from: 1, to: 10, max_cycles: 20, timeout_hours: 8 },
    metrics: { total_cycles: 3, total_files_changed: 5, total_findings_fixed: 4 },
    ...change,
  };
}
