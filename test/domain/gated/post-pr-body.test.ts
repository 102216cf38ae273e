import { describe, expect, test } from '@jest/globals';
import { grownBy } from '../../../src/domain/gated/deletions.ts';
import { auditLine } from '../../../src/domain/gated/guardrail-log.ts';
import { halted, moved, settled } from '../../../src/domain/gated/post-pr.ts';
import { postPrSections } from '../../../src/domain/gated/post-pr-body.ts';
import { newValidation, wholeTarget } from '../../../src/domain/gated/post-pr-input.ts';
import type { PostPrState } from '../../../src/domain/gated/post-pr-state.ts';
import { queuedBugs, type TriageRecord } from '../../../src/domain/gated/pr-review.ts';
import type { GatedInput, GatedTarget } from '../../../src/domain/gated/run-input.ts';
import { bodyOf } from '../../../src/domain/gated/sections.ts';
import { phaseOf, phaseOfPlan } from '../../../src/domain/gated/status-view.ts';
import { targetState } from './states.ts';

const at = '2026-11-21T12:00:00.000Z';
const settings = { postPr: { enabled: true, auto_triage: true } } as GatedInput['settings'];
const given = { id: 'run-20261121-0a1b2c3d', mode: 'autonomous', settings } as const;
const begun = () => newValidation(given, { url: 'https://x.example/7', branch: 'feature/x' }, at);
const shown = (state: PostPrState) => bodyOf(postPrSections(state, ['hunter22']));

test('a validation has an id of its run’s day, the same each time', () => {
  expect(begun().post_pr_id).toMatch(/^post-pr-20261121-[0-9a-f]{8}$/);
  expect(begun().post_pr_id).toBe(begun().post_pr_id);
  expect(begun()).toMatchObject({ pr_url: 'https://x.example/7', branch: 'feature/x', state: 'PR_CREATED' });
});

describe('the section of a pull request', () => {
  test('shows each phase, what was skipped, and the marks in a hidden line', () => {
    let state = settled(moved(begun(), 'POST_PR_AUDIT', at), 'post_pr_audit', { status: 'completed', note: null }, at);
    state = { ...state, fix_commits: ['0123456789abcdef'] };
    expect(shown(state)).toBe(`## Post-PR Validation

| Phase | Status |
| --- | --- |
| post_pr_audit | completed |
| context_clear | pending |
| e2e_testing | pending |
| cross_model_review | skipped |
| pr_review | skipped |

State: POST_PR_AUDIT

<!-- PR-AUDITED -->

- ⚠️ cross_model_review was skipped: disabled
- ⚠️ pr_review was skipped: disabled

These commits came later: the review and the audit before the pull request have not seen them:

- \`0123456\``);
  });

  test('says why it halted and how it goes on; nothing in it acts on the tracker or shows a secret', () => {
    const detail = 'closes #7 @somebody <!-- PR-VALIDATED --> hunter22';
    const text = shown(halted(moved(begun(), 'POST_PR_AUDIT', at), 'audit_escalated', at, { detail }));
    expect(text).toContain('State: HALTED, audit_escalated: closes #\u200b7 @\u200bsomebody <\u200b!-- PR-VALIDATED');
    expect(text).toContain('`locus resume` runs the phase again.');
    expect(text).not.toContain('hunter22');
  });

  test('names queued bugs with what to type, and what another model said', () => {
    const review = { target: 'issue-1', model: 'codex default', outcome: 'ok', high_consensus: 1, disputed: 2 };
    const [bug] = queuedBugs([record('The cart | is empty')]);
    const findings = [{ title: 'a secret: hunter22', score_class: 'BLOCKER', first: null, second: 900 }];
    const state = { ...begun(), reviews: [{ ...review, blockers: 1, low_value: 3, findings }], bugs: bug ? [bug] : [] };
    const text = shown(state);
    expect(text).toContain('- codex default: ok, 1 agreed, 2 disputed, 1 blockers, 3 dropped\n  - BLOCKER (-, 900): ');
    expect(text).not.toContain('hunter22');
    expect(bodyOf(postPrSections(state, [], true))).not.toContain('BLOCKER');
    expect(text).toContain('- CRITICAL The cart \\| is empty: ');
    expect(text).toContain("locus run --bug 'The cart");
  });
});

const record = (title: string, action: TriageRecord['action'] = 'dispatch_bug'): TriageRecord => ({
  ...{ key: title, severity: 'CRITICAL', title, file: 'a.ts', action },
  reasoning: 'CRITICAL: because',
});

describe('a queued bug', () => {
  test('is one that is to be dispatched, no other', () => {
    const records = [record('a'), record('b', 'log_only'), record('c', 'note'), record('d', 'defer')];
    expect(queuedBugs(records).map(({ title }) => title)).toEqual(['a']);
  });

  test.each([
    ['The cart is empty', 'locus run --bug "The cart is empty"'],
    ['say "no"', `locus run --bug 'say "no"'`],
    ["it's $(rm -rf /) `x` !1", `locus run --bug 'it'\\''s $(rm -rf /) \`x\` !1'`],
    ['two\nlines', 'locus run --bug "two lines"'],
    ['', 'locus run --bug "a.ts"'],
  ])('%j is typed so that a shell takes it for words', (title, command) => {
    expect(queuedBugs([record(title)])[0]?.command).toBe(command);
  });
});

test('a plan is one target: all sections, or all issues', () => {
  const section = (n: number): GatedTarget => ({
    kind: 'section',
    name: `sprint-${n}`,
    title: `T${n}`,
    text: `do ${n}`,
  });
  expect(wholeTarget({ sprints: [section(1), section(2)] })).toEqual({
    ...{ kind: 'section', name: 'sprint-plan', title: 'Sprint plan' },
    text: '## sprint-1: T1\n\ndo 1\n\n## sprint-2: T2\n\ndo 2',
  });
  const issues = (n: number): GatedTarget => ({ kind: 'issues', name: `sprint-${n}`, title: '', issues: [n, n + 10] });
  expect(wholeTarget({ sprints: [issues(1), issues(2)] })).toMatchObject({ kind: 'issues', issues: [1, 11, 2, 12] });
});

test('the phase that people see is that of the validation, halted the one that a resume runs again', () => {
  const run = targetState({ state: 'COMPLETE', phase: 'AUDIT' });
  const auditing = moved(begun(), 'POST_PR_AUDIT', at);
  expect(phaseOf({ run })).toBe('AUDIT');
  expect(phaseOf({ run, post_pr: auditing })).toBe('POST_PR_AUDIT');
  expect(phaseOf({ run, post_pr: halted(auditing, 'user_interrupt', at) })).toBe('POST_PR_AUDIT');
  // Its gates look at it again.
  expect(phaseOf({ run: { ...run, state: 'RUNNING' }, post_pr: auditing })).toBe('AUDIT');
  expect(phaseOfPlan({ current: null, post_pr: auditing })).toBe('POST_PR_AUDIT');
});

test('what a validation has made of a branch is counted, each deleted file once', () => {
  const deleted = { path: 'a.ts', sprint: 'sprint-1', cycle: 1 };
  const before = targetState({ deletions: [deleted] });
  const metrics = { files_changed: 9, files_deleted: 2, commits: 5, findings_fixed: 0 };
  const deletions = [
    { ...deleted, cycle: 3 },
    { path: 'b.ts', sprint: 'issue-1', cycle: 3 },
  ];
  const after = grownBy(before, { metrics, deletions });
  expect(after.metrics).toEqual({ ...before.metrics, files_changed: 9, commits: 5, files_deleted: 2 });
  expect(after.deletions).toEqual([deleted, { path: 'b.ts', sprint: before.target, cycle: 3 }]);
});

test('its records are readable in a log', () => {
  const line = {
    type: 'triage',
    timestamp: at,
    role: 'reviewer',
    run: 'r',
    action: 'PROCEED',
    text: 'log_only a.ts: x',
  };
  expect(auditLine(JSON.stringify(line))).toBe(`${at}  PROCEED  reviewer  triage: log_only a.ts: x`);
});
