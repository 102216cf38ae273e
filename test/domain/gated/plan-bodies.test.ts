import { describe, expect, test } from '@jest/globals';
import { singlePull } from '../../../src/domain/gated/bodies.ts';
import { type BugPull, bugPull } from '../../../src/domain/gated/bug-body.ts';
import { incompletePlanPull, type PlanPull, planPull } from '../../../src/domain/gated/plan-bodies.ts';
import { planState, targetState } from './states.ts';

const completion = { run_id: 'plan-1', target: 'sprint-plan', gates: {}, ts: '2026-11-21T12:00:00.000Z' };
const done = planState({
  state: 'COMPLETE',
  sprints: {
    total: 3,
    completed: 3,
    current: null,
    list: [
      { id: 'sprint-1', status: 'completed', cycles: 2, files_changed: 5 },
      { id: 'sprint-2', status: 'completed', cycles: 0 },
      { id: 'sprint-10', status: 'completed', cycles: 1, files_changed: 0 },
    ],
  },
});
const pull = (change: Partial<PlanPull> = {}): PlanPull => ({
  plan: done,
  commits: [
    { sha: '1111111aaaaaaa', subject: 'feat(sprint-1): base | core' },
    { sha: '2222222bbbbbbb', subject: 'feat(sprint-10): last' },
    { sha: '3333333ccccccc', subject: 'fix(sprint-10): later' },
    { sha: '4444444ddddddd', subject: 'Merge something' },
  ],
  deletions: [{ path: 'a.ts', sprint: 'sprint-1', cycle: 1 }],
  tests: [{ command: 'npm test', exit_code: 1 }],
  reviews: [],
  notes: [],
  issues: [],
  leftBehind: { worktree: null, unfinished: [] },
  completion,
  ...change,
});
const headings = (body: string) => body.split('\n').filter((line) => /^#+ /.test(line));
const sectionOf = (body: string, heading: string) =>
  body
    .split(`${heading}\n`)[1]
    ?.split(/\n#|\n---\n/)[0]
    ?.trim();

describe('the one pull request of a plan', () => {
  test('C58 has the sections of a finished plan, in order', () => {
    const { title, body } = planPull(pull());
    expect(title).toBe('Run Mode: Sprint Plan implementation');
    expect(headings(body)).toEqual([
      '# Run Mode: Sprint Plan implementation',
      '## Summary',
      '## Sprint Breakdown',
      '## Deleted Files',
      '## Commits by Sprint',
      '### sprint-1',
      '### sprint-2',
      '### sprint-10',
      '### Other',
      '## Cross-model Review Summary',
      '## Test Results',
      '## Left Behind',
    ]);
    expect(body).toMatch(/run `plan-20261121-0a1b2c3d`\n<!-- LOCUS-COMPLETION .* -->$/);
    expect(sectionOf(body, '## Summary')).toContain(
      '| Sprints Completed | 3 / 3 |\n| Total Cycles | 3 |\n| Files Changed | 5 |\n| Findings Fixed | 4 |',
    );
  });

  test('shows "-" for what is not known, and evidence instead of a claim', () => {
    const { body } = planPull(pull());
    expect(body).toContain('| sprint-1 | completed | 2 | 5 |\n| sprint-2 | completed | - | - |');
    expect(body).toContain('| sprint-10 | completed | 1 | 0 |');
    expect(sectionOf(body, '## Test Results')).toContain('| `npm test` | 1 |');
    expect(sectionOf(body, '## Cross-model Review Summary')).toBe('none');
    expect(sectionOf(body, '## Left Behind')).toBe('none');
  });

  test('C61 the commits of sprint-1 hold none of sprint-10', () => {
    const { body } = planPull(pull());
    expect(sectionOf(body, '### sprint-1')).toBe('- `1111111` feat(sprint-1): base \\| core');
    expect(sectionOf(body, '### sprint-2')).toBe('none');
    expect(sectionOf(body, '### sprint-10')).toBe(
      '- `2222222` feat(sprint-10): last\n- `3333333` fix(sprint-10): later',
    );
    expect(sectionOf(body, '### Other')).toBe('- `4444444` Merge something');
  });

  test('names reviews by another model, what is left behind and gates that did not run', () => {
    const review = { target: 'sprint-1', model: 'gpt|5', outcome: 'timeout' };
    const { body } = planPull(
      pull({
        reviews: [{ ...review, high_consensus: 1, disputed: 2, blockers: 0, low_value: 3 }],
        leftBehind: { worktree: '.locus/worktrees/plan', unfinished: ['refs/locus/wip/plan'] },
        notes: ['red-team did not run: exit code 12'],
      }),
    );
    expect(body).toContain('| sprint-1 | gpt\\|5 | timeout | 1 | 2 | 0 | 3 |');
    expect(sectionOf(body, '## Left Behind')).toBe(
      '- Worktree: `.locus/worktrees/plan`\n- Unfinished work: `refs/locus/wip/plan`',
    );
    expect(sectionOf(body, '## Summary')).toContain('⚠️ red-team did not run: exit code 12');
  });

  test('fits with 5,000 commits and keeps all sections', () => {
    const commits = Array.from({ length: 5000 }, (_, index) => ({
      sha: 'abcdef1',
      subject: `feat(sprint-1): ${index}`,
    }));
    const { body } = planPull(pull({ commits }));
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(headings(body)).toHaveLength(11);
    expect(body.endsWith('-->')).toBe(true);
  });

  test('C59 without consolidation each sprint has a pull request of its own', () => {
    const titles = ['sprint-1', 'sprint-2', 'sprint-3'].map(
      (target) => singlePull({ state: targetState({ target }), tests: [], notes: [], issues: [], completion }).title,
    );
    expect(titles).toEqual([1, 2, 3].map((number) => `Run Mode: sprint-${number} implementation`));
  });
});

test('a plan that a halted sprint stopped shows what is done and what remains', () => {
  const failure = { sprint: 'sprint-2', reason: 'cycle_limit | 20', timestamp: '2026-11-21T12:00:00.000Z' };
  const { title, body } = incompletePlanPull({
    plan: planState({ state: 'HALTED', failure }),
    deletions: [],
    reviews: [],
    notes: [],
    breakerOpen: true,
  });
  expect(title).toBe('[INCOMPLETE] Run Mode: Sprint Plan');
  expect(headings(body)).toEqual([
    '# [INCOMPLETE] Run Mode: Sprint Plan',
    '## Status: HALTED',
    '## Completed Sprints',
    '## Remaining Sprints',
    '## Metrics',
    '## Cross-model Review Summary',
  ]);
  expect(sectionOf(body, '## Status: HALTED')).toBe('- Sprint: sprint-2\n- Reason: cycle_limit | 20');
  expect(sectionOf(body, '## Completed Sprints')).toBe('- sprint-1');
  expect(sectionOf(body, '## Remaining Sprints')).toBe('- sprint-2 (in progress)\n- sprint-10');
  expect(body).toContain('none\n\nNo files were deleted.\n\n---\n');
  expect(body).toMatch(/`locus resume --probe` .*$/);
  expect(body).not.toContain('LOCUS-COMPLETION');
});

describe('the pull request of a bug', () => {
  const bug = (change: Partial<BugPull> = {}): BugPull => ({
    run_id: 'run-20261121-0a1b2c3d',
    bug_id: '20261121-i42-0a1b2c',
    bug_title: 'Login | fails',
    issue: 42,
    confidence: {
      reproduction_strength: 'strong',
      test_type: 'unit',
      files_changed: 2,
      lines_changed: 31,
      risk_level: 'high',
    },
    artifacts: [{ name: 'Triage', path: '.locus/bugs/20261121-i42-0a1b2c.md' }],
    notes: [],
    deletions: [],
    tests: [{ command: 'npm test', exit_code: 0 }],
    outcome: { state: 'COMPLETED', completion },
    ...change,
  });

  test('C97 has the bug id, the source, five signals, the artifacts and the status', () => {
    const { title, body } = bugPull(bug());
    expect(title).toBe('Run Mode: 20261121-i42-0a1b2c implementation');
    expect(sectionOf(body, '## Bug')).toContain('- Bug ID: `20261121-i42-0a1b2c`');
    expect(sectionOf(body, '## Bug')).toContain('- Source: issue #42\n\n- Closes #42');
    expect(sectionOf(body, '## Confidence Signals')!.split('\n')).toEqual([
      '- Reproduction: strong',
      '- Test Type: unit',
      '- Files Changed: 2',
      '- Lines Changed: 31',
      '- Risk Level: high',
    ]);
    expect(sectionOf(body, '## Artifacts')).toBe('- Triage: `.locus/bugs/20261121-i42-0a1b2c.md`');
    expect(sectionOf(body, '## Status')).toContain('COMPLETED');
    expect(body).toContain('<!-- LOCUS-COMPLETION {');
  });

  test('halted, it is incomplete, says why and closes nothing', () => {
    const { title, body } = bugPull(
      bug({ outcome: { state: 'HALTED', reason: 'high risk', breakerOpen: false }, artifacts: [] }),
    );
    expect(title).toBe('[INCOMPLETE] Run Mode: 20261121-i42-0a1b2c');
    expect(sectionOf(body, '## Status')).toContain('- HALTED: high risk\n- `locus resume`');
    expect(sectionOf(body, '## Artifacts')).toBe('none');
    expect(body).not.toMatch(/Closes #|LOCUS-COMPLETION/);
  });

  test('told as text, it has no issue', () => {
    expect(bugPull(bug({ issue: null })).body).toContain('- Source: text given to the run');
  });
});
