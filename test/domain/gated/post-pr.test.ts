import { describe, expect, test } from '@jest/globals';
import {
  halted,
  mayMove,
  moved,
  newPostPr,
  nextPhase,
  type PostPrSwitches,
  postPrNotes,
  resumed,
  settled,
} from '../../../src/domain/gated/post-pr.ts';
import {
  lateHalts,
  type PostPrPhase,
  type PostPrState,
  type PostPrStateName,
  postPrPhases,
} from '../../../src/domain/gated/post-pr-state.ts';

const at = '2026-11-21T12:00:00.000Z';
const begun = (switches: PostPrSwitches = {}): PostPrState =>
  newPostPr(
    {
      post_pr_id: 'post-pr-20261121-0a1b2c3d',
      pr_url: 'https://github.example/acme/app/pull/7',
      branch: 'feature/sprint-1',
      mode: 'autonomous',
    },
    switches,
    at,
  );
const all: PostPrSwitches = { cross_model: true, review: true };
const stateOf = (phase: PostPrPhase) => postPrPhases.find((each) => each.phase === phase)!.state;

/** Runs phase after phase, each completed at once. */
function through(state: PostPrState, until: PostPrPhase | null = null): PostPrState {
  const phase = nextPhase(state);
  if (phase === until || phase === null) return phase === null ? moved(state, 'READY_FOR_HITL', at) : state;
  const entered = moved(state, stateOf(phase), at);
  return through(settled(entered, phase, { status: 'completed', note: null }, at), until);
}

describe('the phases after a pull request', () => {
  test('C76 with both reviews off: three completed, two skipped visibly, two markers, ready', () => {
    const end = through(begun());
    expect(Object.values(end.phases)).toEqual(['completed', 'completed', 'completed', 'skipped', 'skipped']);
    expect(end).toMatchObject({
      state: 'READY_FOR_HITL',
      exit: 0,
      markers: ['PR-AUDITED', 'PR-E2E-PASSED'],
      notes: { cross_model_review: 'disabled', pr_review: 'disabled' },
    });
  });

  test('what every phase has looked at is validated', () => {
    expect(through(begun(all)).markers).toEqual(['PR-AUDITED', 'PR-E2E-PASSED', 'PR-VALIDATED']);
  });

  test('run in order, one after the other', () => {
    let state = begun(all);
    expect(state.state).toBe('PR_CREATED');
    const seen: PostPrStateName[] = [];
    for (let phase = nextPhase(state); phase !== null; phase = nextPhase(state)) {
      state = moved(state, stateOf(phase), at);
      seen.push(state.state);
      expect(state.phases[phase]).toBe('in_progress');
      state = settled(state, phase, { status: 'completed', note: null }, at);
    }
    expect(seen).toEqual(['POST_PR_AUDIT', 'CONTEXT_CLEAR', 'E2E_TESTING', 'CROSS_MODEL_REVIEW', 'PR_REVIEW']);
  });

  test('a false is a false: an audit that is off is skipped, and no marker says otherwise', () => {
    const end = through(begun({ audit: false, e2e: false }));
    expect(end).toMatchObject({ state: 'READY_FOR_HITL', markers: [], phases: { post_pr_audit: 'skipped' } });
  });

  test('what was skipped stands in the pull request', () => {
    const end = settled(
      through(begun({ review: true })),
      'pr_review',
      { status: 'completed', note: 'new ones left' },
      at,
    );
    expect(postPrNotes(end)).toEqual(['cross_model_review was skipped: disabled', 'pr_review warns: new ones left']);
  });

  test('a phase that is skipped gets no marker', () => {
    const state = settled(begun(), 'e2e_testing', { status: 'skipped', note: 'no_test_command' }, at);
    expect(state).toMatchObject({ markers: [], notes: { e2e_testing: 'no_test_command' } });
  });
});

describe('moves', () => {
  const auditing = moved(begun(all), 'POST_PR_AUDIT', at);

  test.each<[PostPrStateName]>([
    ['PR_CREATED'],
    ['POST_PR_AUDIT'],
    ['CONTEXT_CLEAR'],
    ['E2E_TESTING'],
    ['FIX_E2E'],
    ['PR_REVIEW'],
    ['READY_FOR_HITL'],
  ])('an audit under way does not go to %s', (to) => {
    expect(mayMove(auditing, to)).toBe(false);
    if (to !== 'HALTED') expect(moved(auditing, to, at)).toBe(auditing);
  });

  test('a fix step goes back to its own phase and nowhere else', () => {
    const fixing = moved(auditing, 'FIX_AUDIT', at);
    expect(fixing.state).toBe('FIX_AUDIT');
    expect(mayMove(fixing, 'CONTEXT_CLEAR')).toBe(false);
    expect(mayMove(fixing, 'E2E_TESTING')).toBe(false);
    expect(moved(fixing, 'POST_PR_AUDIT', at).state).toBe('POST_PR_AUDIT');
    const testing = moved(through(begun(all), 'e2e_testing'), 'E2E_TESTING', at);
    expect(mayMove(testing, 'FIX_AUDIT')).toBe(false);
    expect(moved(moved(testing, 'FIX_E2E', at), 'E2E_TESTING', at).state).toBe('E2E_TESTING');
  });

  test('not ready while a phase is pending, failed, in progress, or skipped without a reason', () => {
    const end = through(begun(all), 'pr_review');
    for (const status of ['pending', 'in_progress', 'failed'] as const) {
      expect(mayMove({ ...end, phases: { ...end.phases, pr_review: status } }, 'READY_FOR_HITL')).toBe(false);
    }
    const silent = settled(end, 'pr_review', { status: 'skipped', note: null }, at);
    expect(mayMove(silent, 'READY_FOR_HITL')).toBe(false);
    expect(mayMove(settled(end, 'pr_review', { status: 'skipped', note: 'timeout' }, at), 'READY_FOR_HITL')).toBe(true);
  });

  test('the end is the end', () => {
    const end = through(begun());
    for (const to of ['POST_PR_AUDIT', 'FIX_AUDIT', 'READY_FOR_HITL', 'HALTED'] as const) {
      expect(mayMove(end, to)).toBe(false);
    }
    expect(halted(end, 'user_interrupt', at)).toBe(end);
  });
});

describe('halts and crashes', () => {
  test('C82 after a crash during the audit, the audit is what runs next', () => {
    const crashed = moved(begun(), 'POST_PR_AUDIT', at);
    expect(nextPhase(crashed)).toBe('post_pr_audit');
    expect(nextPhase(moved(crashed, 'FIX_AUDIT', at))).toBe('post_pr_audit');
    expect(mayMove(crashed, 'CONTEXT_CLEAR')).toBe(false);
  });

  test('C77 C80 a halt fails its phase, says why and has an exit code', () => {
    const auditing = moved(begun(), 'POST_PR_AUDIT', at);
    expect(halted(auditing, 'audit_escalated', at)).toMatchObject({
      state: 'HALTED',
      phases: { post_pr_audit: 'failed', e2e_testing: 'pending' },
      notes: { post_pr_audit: 'audit_escalated' },
      halt: { reason: 'audit_escalated', timestamp: at },
      exit: 3,
    });
    const testing = moved(through(begun(), 'e2e_testing'), 'E2E_TESTING', at);
    expect(halted(testing, 'build_failed', at)).toMatchObject({ exit: 3, markers: ['PR-AUDITED'] });
  });

  test.each([
    ['audit_timeout', 2],
    ['e2e_timeout', 2],
    ['audit_circuit_breaker', 3],
    ['pr_review_no_findings', 3],
    ['cross_model_blocker', 4],
    ['cross_model_config_error', 4],
    ['user_interrupt', 5],
  ] as const)('%s ends with %d', (reason, exit) => {
    expect(halted(begun(), reason, at).exit).toBe(exit);
  });

  test('a resume is possible: the phase runs again, its rounds counted anew, what was settled stays', () => {
    const testing = moved(through(begun(), 'e2e_testing'), 'E2E_TESTING', at);
    const counted = {
      ...testing,
      rounds: {
        ...testing.rounds,
        e2e: { rounds: 3, seen: { a: 2 } },
        review: { rounds: 2, seen: { b: 1 } },
      },
    };
    const back = resumed(halted(counted, 'e2e_circuit_breaker', at), at);
    expect(back).toMatchObject({
      exit: null,
      markers: ['PR-AUDITED'],
      phases: { post_pr_audit: 'completed', e2e_testing: 'pending' },
      rounds: { e2e: { rounds: 0, seen: {} }, review: { rounds: 0, seen: { b: 1 } } },
    });
    expect(back).not.toHaveProperty('halt');
    expect(back.notes).not.toHaveProperty('e2e_testing');
    expect(nextPhase(back)).toBe('e2e_testing');
    expect(through(back).state).toBe('READY_FOR_HITL');
    expect(resumed(testing, at)).toBe(testing);
  });

  test('halted by a person, the phase has not failed', () => {
    expect(halted(moved(begun(), 'POST_PR_AUDIT', at), 'user_interrupt', at).phases.post_pr_audit).toBe('pending');
  });

  test('halted is left by a resume alone', () => {
    const stopped = halted(begun(), 'audit_error', at);
    expect(mayMove(stopped, 'POST_PR_AUDIT')).toBe(false);
    expect(moved(stopped, 'POST_PR_AUDIT', at)).toBe(stopped);
    expect(halted(stopped, 'user_interrupt', at)).toBe(stopped);
  });
});

test('the end of its time halts each phase but the second review', () => {
  expect(postPrPhases.map(({ timeoutS }) => timeoutS)).toEqual([600, 60, 1200, 300, 600]);
  expect(postPrPhases.map(({ phase }) => lateHalts[phase])).toEqual([
    'audit_timeout',
    'e2e_error',
    'e2e_timeout',
    null,
    'pr_review_no_findings',
  ]);
  expect(halted(begun(), 'e2e_error', at, { late: true }).exit).toBe(2);
  expect(halted(begun(), 'e2e_error', at).exit).toBe(3);
});
