import { describe, expect, test } from '@jest/globals';
import { computedOf, hoursAndMinutes } from '../../../src/domain/gated/clock.ts';
import { moved, newPostPr } from '../../../src/domain/gated/post-pr.ts';
import { planText, runText } from '../../../src/domain/gated/status.ts';
import { planJson, runJson } from '../../../src/domain/gated/status-json.ts';
import { breakerState, planState, targetState, tripped } from './states.ts';

/** 90 minutes after the start. */
const now = Date.parse('2026-11-21T11:30:00.000Z');
const hour = 3_600_000;
const view = { run: targetState(), circuit_breaker: breakerState() };
const halt = { reason: 'same_issue\nthe same', timestamp: '2026-11-21T11:00:00.000Z' };

describe('the time of a run', () => {
  const { timeout } = view.circuit_breaker.triggers;
  const runtimeOf = (...[run, of, at, excluded]: Parameters<typeof computedOf>) =>
    computedOf(run, of, at, excluded).runtime_seconds;

  test('C113 after 90 minutes of 8 hours, 5400 and 23400 seconds', () => {
    const json = runJson(view, now);
    expect(Object.keys(json)).toEqual(['run', 'circuit_breaker', 'computed']);
    expect(json).toEqual({
      run: view.run,
      circuit_breaker: view.circuit_breaker,
      computed: { runtime_seconds: 5400, timeout_remaining_seconds: 23_400 },
    });
  });

  test('leaves out what was waited for', () => {
    expect(computedOf(view.run, timeout, now, hour)).toEqual({
      runtime_seconds: 1800,
      timeout_remaining_seconds: 27_000,
    });
  });

  test('counts from the start of the breaker, which a reset moves', () => {
    expect(runtimeOf(view.run, { ...timeout, started: '2026-11-21T11:20:00.000Z' }, now)).toBe(600);
  });

  test('stands while the run is halted, and after its end', () => {
    expect(runtimeOf(targetState({ state: 'HALTED', halt }), timeout, now + 99 * hour)).toBe(3600);
    for (const state of ['JACKED_OUT', 'READY_FOR_HITL'] as const) {
      expect(runtimeOf(targetState({ state }), timeout, now + 99 * hour)).toBe(5400);
    }
  });

  test('is never negative, and never more than is there', () => {
    expect(computedOf(view.run, timeout, now - 99 * hour)).toMatchObject({ runtime_seconds: 0 });
    expect(computedOf(view.run, timeout, now + 99 * hour)).toMatchObject({ timeout_remaining_seconds: 0 });
    expect(computedOf(view.run, timeout, now, 99 * hour)).toMatchObject({ runtime_seconds: 0 });
    expect(computedOf(view.run, { ...timeout, started: 'nonsense' }, now)).toMatchObject({ runtime_seconds: 0 });
  });

  test.each([
    [0, '0h 0m'],
    [59, '0h 0m'],
    [5400, '1h 30m'],
    [90_061, '25h 1m'],
    [-5, '0h 0m'],
  ])('%d seconds are %s', (seconds, text) => expect(hoursAndMinutes(seconds)).toBe(text));
});

describe('a run for people', () => {
  test('has all that they ask for', () => {
    expect(runText(view, now)).toBe(`Run ID: run-20261121-0a1b2c3d
State:  RUNNING
Target: sprint-1
Branch: feature/sprint-1

PROGRESS
  Cycle:   2 / 20
  Phase:   REVIEW
  Runtime: 1h 30m / 8h 0m

METRICS
  Files changed:  7
  Files deleted:  1
  Commits:        3
  Findings fixed: 2

CIRCUIT BREAKER
  State:       CLOSED
  Same issue:  1/3
  No progress: 0/5
  Cycle:       2/20
  Timeout:     1h 30m / 8h 0m`);
  });

  test('says why it is halted and how it goes on', () => {
    const run = targetState({ state: 'HALTED', halt });
    expect(runText({ ...view, run }, now)).toMatch(/^Halted: +same_issue the same\nTo go on: +`locus resume`$/m);
    expect(runText({ run, circuit_breaker: tripped }, now)).toContain('`locus resume --reset-breaker`');
  });

  test.each([
    ['JACK_IN', 'JACK_IN (Initializing)'],
    ['RUNNING', 'RUNNING'],
    ['HALTED', 'HALTED'],
    ['JACKED_OUT', 'JACKED_OUT (Finished)'],
    ['READY_FOR_HITL', 'READY_FOR_HITL (Ready for review by a person)'],
  ] as const)('the state %s reads %s', (state, text) => {
    const lines = runText({ ...view, run: targetState({ state }) }, now).split('\n');
    expect(lines.find((line) => line.startsWith('State:'))?.replace(/^State: +/, '')).toBe(text);
  });

  test('verbosely it adds the cycles, the trips and the deleted files', () => {
    const text = runText({ ...view, circuit_breaker: tripped }, now, true);
    expect(text).toMatch(
      /\n\nCYCLE HISTORY\n {2}1 IMPLEMENT: 0 findings, 4 files changed\n {2}1 REVIEW: 2 findings, 0 files/,
    );
    expect(text).toContain('\n\nTRIPS\n  2026-11-21T11:30:00.000Z same_issue: the same finding 3 times');
    expect(text).toMatch(/\n\nDELETED FILES\n {2}src\/\n {4}old\.ts \(sprint-1, cycle 1\)$/);
    expect(runText(view, now)).not.toContain('TRIPS');
    expect(runText(view, now, true)).toContain('TRIPS\n  none');
  });

  test('shows what became of its pull request, and what no gate has looked at', () => {
    const ids = { post_pr_id: 'post-pr-20261121-0a1b2c3d', pr_url: 'https://x.example/7', branch: 'b' };
    const post_pr = moved(
      newPostPr({ ...ids, mode: 'autonomous' }, { e2e: false }, halt.timestamp),
      'POST_PR_AUDIT',
      '',
    );
    const notes = ['red-team did not run: exit code 12'];
    const text = runText({ ...view, post_pr, notes }, now);
    expect(text).toContain(
      'POST-PR VALIDATION\n  state:              POST_PR_AUDIT\n  post_pr_audit:      in_progress\n',
    );
    expect(text).toContain('  e2e_testing:        skipped (disabled)\n');
    expect(text).toMatch(/\n\nNOT CHECKED, OR IN DOUBT\n {2}red-team did not run: exit code 12$/);
    expect(runJson({ ...view, post_pr, notes }, now)).toMatchObject({ post_pr, notes });
  });

  test('text from outside moves no cursor and makes no line', () => {
    const run = targetState({ state: 'HALTED', branch: 'a\u001b[2Jb', halt: { ...halt, reason: 'x\nState: RUNNING' } });
    const text = runText({ ...view, run }, now);
    expect(text).not.toContain('\u001b');
    expect(text.match(/^State:/gm)).toHaveLength(1);
  });
});

describe('a plan for people and scripts', () => {
  test('shows each sprint with its mark and cycles, and the totals', () => {
    const text = planText({ plan: planState(), current: null }, now);
    expect(text).toBe(`Plan ID: plan-20261121-0a1b2c3d
State:   RUNNING
Branch:  feature/sprint-plan-20261121

SPRINTS 1/3 (33%)
  [✓] sprint-1 (2 cycles)
  [→] sprint-2 (1 cycle)
  [ ] sprint-10

TOTALS
  Cycles:         3
  Files changed:  5
  Findings fixed: 4
  Runtime:        1h 30m / 8h 0m`);
  });

  test('shows the sprint that it is at, too', () => {
    const text = planText({ plan: planState(), current: view }, now, true);
    expect(text).toMatch(/TOTALS[\s\S]*PROGRESS[\s\S]*CIRCUIT BREAKER[\s\S]*CYCLE HISTORY/);
    expect(planText({ plan: planState(), current: view }, now)).not.toContain('CYCLE HISTORY');
  });

  test('halted, it names the sprint and the reason, and its clock stands', () => {
    const failure = { sprint: 'sprint-2', reason: 'cycle_limit', timestamp: halt.timestamp };
    const plan = planState({ state: 'HALTED', failure });
    const current = { ...view, circuit_breaker: tripped };
    const text = planText({ plan, current }, now + 99 * hour);
    expect(text).toMatch(/^Halted: +sprint-2: cycle_limit$/m);
    expect(text).toContain('--reset-breaker');
    expect(text).toMatch(/Runtime: +1h 0m/);
  });

  test('before any sprint has run, it shows its own breaker where that has opened, and how to go on', () => {
    const failure = { sprint: 'sprint-1', reason: 'timeout: 8 h are over', timestamp: halt.timestamp };
    const halted = { plan: planState({ state: 'HALTED', failure }), current: null, breaker: tripped };
    const text = planText(halted, now);
    expect(text).toContain('To go on: `locus resume --reset-breaker` or `locus resume --probe`\n');
    expect(text).toMatch(/\n\nCIRCUIT BREAKER\n {2}State: +OPEN\n[\s\S]*\n {2}Timeout: +1h 0m \/ 8h 0m$/);
    expect(planJson(halted, now)).toMatchObject({ run: null, circuit_breaker: { state: 'OPEN' } });
  });

  test('the JSON has the plan beside the run that it is at', () => {
    const computed = { runtime_seconds: 5400, timeout_remaining_seconds: 23_400 };
    const plan = planState();
    expect(planJson({ plan, current: view }, now)).toEqual({ plan, ...view, computed });
    expect(planJson({ plan, current: null }, now)).toEqual({ plan, run: null, circuit_breaker: null, computed });
  });

  test('an empty plan is no division by nothing', () => {
    const sprints = { total: 0, completed: 0, current: null, list: [] };
    expect(planText({ plan: planState({ sprints }), current: null }, now)).toContain('SPRINTS 0/0 (0%)');
  });
});
