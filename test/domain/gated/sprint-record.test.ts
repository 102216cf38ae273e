import { describe, expect, test } from '@jest/globals';
import type { GatedProgress, GatedTarget } from '../../../src/domain/gated/run-input.ts';
import {
  deletionsOf,
  digestOf,
  notesOf,
  recordOf,
  type SprintRecord,
  singleStateOf,
  takenOver,
  testsOn,
  wholeRecord,
  withRecord,
} from '../../../src/domain/gated/sprint-record.ts';

const target = (n: number, text = 'pay'): GatedTarget => ({
  kind: 'section',
  name: `sprint-${n}`,
  title: `Sprint ${n}`,
  text,
});
const verified = { command: 'npm test', exit_code: 0 };

function made(n: number, more: Partial<SprintRecord> = {}): SprintRecord {
  return {
    id: `sprint-${n}`,
    run_id: `run-20260101-0000000${n}`,
    digest: digestOf(target(n)),
    issues: [],
    began: `b${n}`,
    commit: `c${n}`,
    completed: true,
    drafted: true,
    cycles: 2,
    files_changed: 5,
    findings_fixed: 3,
    commits: 2,
    gates: ['dissent'],
    notes: ['dissent did not run: nobody'],
    deletions: [{ path: 'old.ts', sprint: `sprint-${n}`, cycle: 1 }],
    restored: [],
    tests: [verified],
    ...more,
  };
}

const taken = (records: readonly SprintRecord[], held: readonly string[], sprints = [target(1), target(2)]) =>
  takenOver(records, sprints, { branch: 'feature/plan', held });

describe('what a plan takes over of the one before it', () => {
  test('C56: whole, where the commit is on the branch and the sprint asks for the same', () => {
    const records = [made(1), made(2, { completed: false })];
    expect(taken(records, ['c1', 'c2'])).toEqual({ records, warnings: [] });
  });

  test('what the base has needs no draft of its own any more', () => {
    const records = [made(1, { drafted: false }), made(2, { drafted: false })];
    const branch = 'feature/plan';
    const { records: kept } = takenOver(records, [target(1), target(2)], {
      branch,
      held: ['c1', 'c2'],
      merged: ['c1'],
    });
    expect(kept).toEqual([made(1), made(2, { drafted: false })]);
  });

  test('of an earlier build what it lacks: a completed sprint has its draft, and no gate is taken to have run', () => {
    const { run_id: _id, gates: _gates, drafted: _drafted, ...old } = made(1);
    expect(wholeRecord(old)).toEqual({ ...made(1), run_id: null, gates: [] });
    expect(wholeRecord({ ...old, completed: false })).toMatchObject({ drafted: false });
    expect(wholeRecord(made(2))).toEqual(made(2));
    expect(singleStateOf(wholeRecord(old), 'plan-1').run_id).toBe('plan-1');
  });

  test('not a sprint whose commit is not on the branch: it runs again, and the warning says why', () => {
    const { records, warnings } = taken([made(1), made(2)], ['c2']);
    expect(warnings).toEqual(['sprint-1 was completed before and runs again: its commit c1 is not on feature/plan']);
    expect(records[1]).toEqual(made(2));
    expect(records[0]).toMatchObject({ began: 'b1', commit: null, completed: false, drafted: false });
    expect(records[0]).toMatchObject({ cycles: 0, files_changed: 0 });
    expect(records[0]).toMatchObject({ findings_fixed: 0, commits: 0, notes: [], deletions: [], tests: [] });
  });

  test('not one that asks for something else: its title or text, or its issues', () => {
    const asks = 'sprint-1 was completed before and runs again: what it asks for has changed';
    expect(taken([made(1)], ['c1'], [target(1, 'pay twice')]).warnings).toEqual([asks]);
    expect(taken([made(1)], ['c1'], [{ ...target(1), title: 'Other' }]).warnings).toEqual([asks]);
    const issues = (...numbers: number[]): GatedTarget => ({
      kind: 'issues',
      name: 'sprint-1',
      title: 'One',
      issues: numbers,
    });
    const ofIssues = made(1, { digest: digestOf(issues(1, 2)) });
    expect(taken([ofIssues], ['c1'], [issues(1, 2)]).warnings).toEqual([]);
    expect(taken([ofIssues], ['c1'], [issues(1, 2, 3)]).warnings).toEqual([asks]);
    // It is not worked on again because somebody has closed what it has done.
    const closed = { ...ofIssues, issues: [1, 2] };
    expect(taken([closed], ['c1'], [issues(2)])).toEqual({ records: [closed], warnings: [] });
    expect(taken([{ ...closed, completed: false }], ['c1'], [issues(2)]).warnings).toHaveLength(1);
    expect(taken([closed], ['c1'], [issues()])).toEqual({ records: [closed], warnings: [] });
    expect(taken([closed], [], [issues()])).toMatchObject({ records: [{ commit: null }], warnings: [] });
    const merged = (...numbers: number[]) =>
      takenOver([closed], [issues(...numbers)], { branch: 'feature/plan', held: ['c1'], merged: ['c1'] }).warnings;
    expect([merged(2), merged(1, 2), merged()]).toEqual([[asks], [], []]);
    const begun = taken([{ ...closed, completed: false }], ['c1'], [issues()]);
    expect(begun.warnings).toEqual([expect.stringContaining('no gate has approved it')]);
    expect(begun.records).toMatchObject([{ commit: null, issues: [] }]);
  });

  test('one that had only begun begins anew for the same reasons', () => {
    const { warnings } = taken([made(1, { completed: false })], []);
    expect(warnings).toEqual(['sprint-1 had begun before and begins anew: its commit c1 is not on feature/plan']);
  });

  test('of a sprint that was refused before nothing is said again, and of one that is left out it is kept', () => {
    const refused = made(1, { commit: null, completed: false });
    const kept = made(7);
    expect(taken([refused, kept], [])).toEqual({ records: [refused, kept], warnings: [] });
  });
});

const run = (history: readonly unknown[], files_changed = 1) =>
  ({
    run: {
      target: 'sprint-1',
      cycles: { current: 1, limit: 20, history },
      metrics: { files_changed, files_deleted: 0, commits: 1, findings_fixed: 1 },
      deletions: [{ path: 'a.ts', sprint: 'sprint-1', cycle: 1 }],
    },
    notes: ['red-team was skipped: off'],
  }) as unknown as GatedProgress;
const standing = { startCommit: 'b1', commit: 'c9', completed: false, tests: [], gates: ['red-team'] as const };
const one = [{ cycle: 1, phase: 'IMPLEMENT', findings: 0, files_changed: 1 }];

describe('the record of a sprint', () => {
  test('of a first run is what that says of itself', () => {
    expect(recordOf(target(1), { ...standing, gated: run(one) }, null)).toEqual({
      id: 'sprint-1',
      digest: digestOf(target(1)),
      issues: [],
      began: 'b1',
      commit: 'c9',
      completed: false,
      drafted: false,
      cycles: 1,
      files_changed: 1,
      findings_fixed: 1,
      commits: 1,
      gates: ['red-team'],
      notes: ['red-team was skipped: off'],
      deletions: [{ path: 'a.ts', sprint: 'sprint-1', cycle: 1 }],
      restored: [],
      tests: [],
    });
  });

  test('goes on with that of an earlier run from the same commit: cycles add up, what is on the branch does not', () => {
    const before = made(1, { completed: false });
    const untouched = { ...standing, startCommit: null, commit: null, gated: run([], 0) };
    expect(recordOf(target(1), untouched, before)).toMatchObject({
      ...{ began: 'b1', commit: 'c1', cycles: 3, files_changed: 5, findings_fixed: 4, commits: 2 },
      ...{ notes: [...before.notes, 'red-team was skipped: off'], deletions: before.deletions, tests: [verified] },
    });
    expect(recordOf(target(1), { ...standing, gated: run(one, 6) }, before)).toMatchObject({
      ...{ began: 'b1', commit: 'c9', cycles: 3, files_changed: 6, findings_fixed: 4, commits: 1 },
      ...{ notes: ['red-team was skipped: off'], deletions: [{ path: 'a.ts' }], tests: [], gates: ['red-team'] },
    });
  });

  test('tells of a gate that is on now and was off as the sprint was completed', () => {
    const silent = made(1, { notes: [] });
    expect(notesOf(silent, ['red-team', 'dissent'])).toEqual([
      'red-team did not run: it was off when sprint-1 was worked on',
    ]);
    expect(notesOf(silent, ['dissent'])).toEqual([]);
    expect(notesOf({ ...silent, completed: false }, ['red-team'])).toEqual([]);
    expect(notesOf(made(1), [])).toEqual(['dissent did not run: nobody']);
  });

  test('has nothing of a run that began elsewhere', () => {
    const now = { ...standing, startCommit: 'b9', gated: run(one) };
    expect(recordOf(target(1), now, made(1))).toEqual(recordOf(target(1), now, null));
  });
});

test('records come to what all sprints have deleted, and to the tests of the latest commit alone', () => {
  const second = made(2, { deletions: [], restored: ['old.ts'], tests: [verified, { command: 'x', exit_code: null }] });
  const records = withRecord([made(2), made(1)], second);
  expect(records.map(({ id }) => id)).toEqual(['sprint-1', 'sprint-2']);
  expect(deletionsOf(records.slice(0, 1))).toHaveLength(1);
  expect(deletionsOf(records)).toEqual([]);
  const [one, two] = records;
  expect(testsOn(one?.commit ?? null, records)).toEqual([verified]);
  expect(testsOn(two?.commit ?? null, records)).toEqual([verified, { command: 'x', exit_code: null }]);
  expect(testsOn('later', records)).toEqual([]);
  expect(testsOn(null, [made(1, { commit: null })])).toEqual([]);
});
