import { describe, expect, test } from '@jest/globals';
import {
  newPlan,
  nextSprint,
  planHalted,
  planMoved,
  sprintCompleted,
  sprintHalted,
  sprintProgressed,
  sprintStarted,
  sprintsTakenOver,
} from '../../../src/domain/gated/plan.ts';
import { inferCompletion } from '../../../src/domain/gated/plan-sync.ts';
import { noCompletion } from '../../../src/domain/gated/push-mode.ts';
import type { PlanState } from '../../../src/domain/gated/state.ts';

const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, '0')}:00.000Z`;
const begun = (completed: readonly string[] = []): PlanState =>
  sprintsTakenOver(
    newPlan(
      {
        plan_id: 'plan-20261121-0a1b2c3d',
        branch: 'feature/sprint-plan-20261121',
        sprints: ['sprint-1', 'sprint-2', 'sprint-10'],
        options: { from: 1, to: 10, max_cycles: 20, timeout_hours: 8 },
      },
      at(0),
    ),
    completed.map((id) => ({ id, cycles: 0, files_changed: 0, findings_fixed: 0 })),
    at(0),
  );
const totals = { cycles: 2, files_changed: 5, findings_fixed: 3 };

describe('a plan', () => {
  test('begins with all sprints pending and nothing counted', () => {
    expect(begun()).toEqual({
      plan_id: 'plan-20261121-0a1b2c3d',
      branch: 'feature/sprint-plan-20261121',
      state: 'JACK_IN',
      completion: noCompletion,
      timestamps: { started: at(0), last_activity: at(0) },
      sprints: {
        total: 3,
        completed: 0,
        current: null,
        list: ['sprint-1', 'sprint-2', 'sprint-10'].map((id) => ({ id, status: 'pending', cycles: 0 })),
      },
      options: { from: 1, to: 10, max_cycles: 20, timeout_hours: 8 },
      metrics: { total_cycles: 0, total_files_changed: 0, total_findings_fixed: 0 },
    });
  });

  test('C56 a sprint that is already completed counts as completed and is never the next one', () => {
    const plan = begun(['sprint-1', 'sprint-99']);
    expect(plan.sprints).toMatchObject({ total: 3, completed: 1 });
    expect(nextSprint(plan)).toBe('sprint-2');
  });

  test('goes through its sprints in order and sums up', () => {
    let plan = begun();
    for (const id of ['sprint-1', 'sprint-2', 'sprint-10']) {
      expect(nextSprint(plan)).toBe(id);
      plan = sprintStarted(plan, id, at(1));
      expect(plan).toMatchObject({ state: 'RUNNING', sprints: { current: id } });
      plan = sprintProgressed(plan, id, { ...totals, cycles: 1 }, at(2));
      plan = sprintCompleted(plan, id, totals, at(3));
    }
    expect(nextSprint(plan)).toBeNull();
    expect(plan.sprints).toMatchObject({ completed: 3, current: null });
    expect(plan.metrics).toEqual({ total_cycles: 6, total_files_changed: 15, total_findings_fixed: 9 });
    expect(planMoved(plan, 'COMPLETE', at(9))).toMatchObject({
      state: 'COMPLETE',
      timestamps: { started: at(0), last_activity: at(9) },
    });
  });

  test('a report that comes twice counts once', () => {
    const once = sprintCompleted(sprintStarted(begun(), 'sprint-1', at(1)), 'sprint-1', totals, at(2));
    expect(sprintCompleted(once, 'sprint-1', totals, at(2))).toEqual(once);
  });

  test('is stopped by a halted sprint, leaves the later ones untouched, and goes on with that one', () => {
    const running = sprintStarted(begun(['sprint-1']), 'sprint-2', at(1));
    const halted = sprintHalted(running, 'sprint-2', { ...totals, reason: 'same_issue' }, at(4));
    expect(halted).toMatchObject({
      state: 'HALTED',
      failure: { sprint: 'sprint-2', reason: 'same_issue', timestamp: at(4) },
      sprints: { completed: 1, current: 'sprint-2' },
      metrics: { total_cycles: 2, total_files_changed: 5, total_findings_fixed: 3 },
    });
    expect(halted.sprints.list[2]).toEqual({ id: 'sprint-10', status: 'pending', cycles: 0 });
    expect(nextSprint(halted)).toBe('sprint-2');
    const resumed = sprintStarted(halted, 'sprint-2', at(5));
    expect(resumed).toMatchObject({ state: 'RUNNING' });
    expect(resumed).not.toHaveProperty('failure');
  });
});

test('a plan that is halted between two sprints leaves the next one untouched', () => {
  const plan = sprintCompleted(sprintStarted(begun(), 'sprint-1', at(1)), 'sprint-1', totals, at(2));
  const halted = planHalted(plan, 'sprint-2', 'night', at(3));
  expect(halted).toMatchObject({ state: 'HALTED', failure: { sprint: 'sprint-2', reason: 'night', timestamp: at(3) } });
  expect(halted.sprints).toEqual(plan.sprints);
  expect(halted.metrics).toEqual(plan.metrics);
});

describe('a plan that looks stale', () => {
  const plan = (ids: readonly string[], state: PlanState['state'] = 'RUNNING', total?: number) => ({
    state,
    sprints: { ...(total === undefined ? {} : { total }), list: ids.map((id) => ({ id })) },
  });
  const commits = ['feat(sprint-1): a', 'feat(sprint-2): b', 'feat(sprint-2): c', 'feat(sprint-3)!: d', 'fix: e'];
  const five = ['sprint-1', 'sprint-2', 'sprint-3', 'sprint-4', 'sprint-5'];

  test('C122 is inferred complete when each of its sprints has a commit', () => {
    const three = ['sprint-1', 'sprint-2', 'sprint-3'];
    const inferred = { complete: true, reason: 'git_inferred_completion', found: 3, expected: 3, timestamp: at(1) };
    expect(inferCompletion(plan(three, 'RUNNING', 3), commits, at(1))).toEqual(inferred);
    expect(inferCompletion(plan(three), commits, at(1))).toEqual(inferred);
  });

  test.each([
    ['none of five', five, [], 0],
    ['two of five', five, ['feat(sprint-1): a', 'feat(sprint-4): b'], 2],
    ['commits of other sprints', ['sprint-1'], ['feat(sprint-10): a', 'feat(sprint-12): a', 'fix(sprint-1): x'], 0],
    ['a subject that only mentions it', ['sprint-1'], ['Merge feat(sprint-1): a', ' feat(sprint-1): a'], 0],
    ['no sprint at all', [], ['feat(sprint-1): a'], 0],
  ])('C122 with %s it is still running', (_name, ids, subjects, found) => {
    const expected = { complete: false, reason: 'still_running', found, expected: ids.length, timestamp: null };
    expect(inferCompletion(plan(ids), subjects, at(1))).toEqual(expected);
  });

  test('is left alone when it is halted or has ended', () => {
    expect(inferCompletion(plan(['sprint-1'], 'HALTED'), commits, at(1)).complete).toBe(false);
  });
});
