import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { attributes, halt, resumeGated, stop } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { type Change, commitOf, implemented, shown, untilEnded } from './gated-support.ts';
import { afterDraft, audited, failedTests, nit, postPrOf, secret, validating } from './post-pr-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, until } from './support.ts';

const here = gatedStage();
const { calls, drafts } = here;

const begin = (change: Change = {}) => here.begin({ settings: validating(), ...change });
const title = 'Run Mode: issue-1 implementation';

describe('the validation of a draft', () => {
  test('C76 a clean one, with passing build and tests: three phases completed, two skipped, READY_FOR_HITL', async () => {
    const state = await finished(await begin());
    expect(shown(state).run).toMatchObject({ state: 'READY_FOR_HITL', phase: 'AUDIT', cycles: { current: 1 } });
    const post = postPrOf(state);
    expect(Object.values(post.phases)).toEqual(['completed', 'completed', 'completed', 'skipped', 'skipped']);
    expect(post).toMatchObject({ state: 'READY_FOR_HITL', exit: 0, markers: ['PR-AUDITED', 'PR-E2E-PASSED'] });
    expect(afterDraft(calls)).toEqual([
      'open',
      'audit',
      'records context_clear',
      'tests',
      `draft ${title}`,
      'release feature/issue-1',
    ]);
    expect(drafts.map((draft) => draft.title)).toEqual([title, title]);
    expect(drafts[0]?.body).not.toContain('Post-PR');
    expect(drafts[1]?.body).toContain('| e2e_testing | completed |');
    expect(drafts[1]?.body).toContain('<!-- PR-AUDITED PR-E2E-PASSED -->');
    expect(drafts[1]?.body).toContain('cross_model_review was skipped: disabled');
    expect(drafts[1]?.body).toContain('| `npm test` | 0 |');
  });

  test('without it a run ends as ever, and without a draft it says that nothing was validated', async () => {
    expect(shown(await finished(await begin({ settings: {} }))).run.state).toBe('JACKED_OUT');
    const local = await finished(await begin({ options: { push_mode: 'LOCAL' } }));
    expect(shown(local).run.state).toBe('JACKED_OUT');
    expect(local.warnings).toContain('post_pr was skipped: there is no pull request');
    expect(calls).not.toContain('audit');
  });

  test('an audit that cannot read the branch never passes: audit_error, with what was wrong', async () => {
    here.play = {
      host: { auditPull: () => Promise.reject(ApplicationFailure.nonRetryable('no such commit', 'RepositoryInvalid')) },
    };
    const state = await until(await begin(), isHalted);
    expect(shown(state).run.halt?.reason).toBe('audit_error: no such commit');
    expect(postPrOf(state)).toMatchObject({ exit: 3, phases: { post_pr_audit: 'failed', e2e_testing: 'pending' } });
  });

  test('C77 a password in a changed file halts it before the tests; the draft keeps its title, and says why', async () => {
    let files: Readonly<Record<string, string>> = secret;
    here.play = { host: { auditPull: async () => audited(files) } };
    const handle = await begin();
    const state = await until(handle, isHalted);
    expect(shown(state).run.halt?.reason).toBe('audit_escalated: hardcoded-secret in a.ts:1');
    expect(postPrOf(state)).toMatchObject({ state: 'HALTED', exit: 3, halt: { reason: 'audit_escalated' } });
    expect(calls).not.toContain('tests');
    expect(drafts.at(-1)?.title).toBe(title);
    expect(drafts.at(-1)?.body).toContain('State: HALTED, audit_escalated: hardcoded-secret in a.ts:1');

    files = {};
    await handle.executeUpdate(resumeGated, goOn);
    const end = await finished(handle);
    expect(shown(end).run.state).toBe('READY_FOR_HITL');
    expect(postPrOf(end)).toMatchObject({ exit: 0, phases: { post_pr_audit: 'completed' } });
    expect(postPrOf(end).halt).toBeUndefined();
    // Pushed once: the work of the loop is not delivered again.
    expect(calls.filter((call) => call.startsWith('push'))).toHaveLength(1);
  });

  test('C79 what no fix step removes is looked for three times, with a pushed fix step between', async () => {
    here.play = {
      agents: { implementer: ({ cycle }) => implemented(cycle) },
      host: { auditPull: async () => audited(nit) },
    };
    const state = await until(await begin(), isHalted);
    expect(shown(state).run.halt?.reason).toBe('audit_circuit_breaker: console-log in b.ts:1');
    const steps = [
      'audit',
      'implementer 2',
      `push ${commitOf(2)}`,
      'audit',
      'implementer 3',
      `push ${commitOf(3)}`,
      'audit',
    ];
    expect(afterDraft(calls).slice(0, 8)).toEqual(['open', ...steps]);
    expect(postPrOf(state)).toMatchObject({ exit: 3, fix_commits: [commitOf(2), commitOf(3)] });
  });

  test('what a fix step has mended passes, and the draft names its commit', async () => {
    here.play = {
      agents: { implementer: ({ cycle }) => implemented(cycle) },
      host: { auditPull: async (_run, { commit }) => audited(commit === commitOf(1) ? nit : {}) },
    };
    const state = await finished(await begin());
    expect(shown(state).run).toMatchObject({ state: 'READY_FOR_HITL', metrics: { commits: 1 } });
    expect(state.tasks[0]?.commit).toBe(commitOf(2));
    expect(drafts.at(-1)?.body).toMatch(/have not seen them:\n\n- `c000000`/);
  });

  test('C80 a failed build halts at once; a resume builds again, and does not audit again', async () => {
    let fails = true;
    const runs = [{ command: 'make build', exit_code: 2 }];
    here.play = {
      host: { runTests: async () => ({ result: { outcome: fails ? 'BUILD_FAILED' : 'PASSED' }, runs }) },
    };
    const handle = await begin();
    const state = await until(handle, isHalted);
    expect(shown(state).run.halt?.reason).toContain('build_failed: `make build` ended with exit code 2');
    expect(postPrOf(state)).toMatchObject({ exit: 3, phases: { post_pr_audit: 'completed', e2e_testing: 'failed' } });
    expect(calls.filter((call) => call.startsWith('implementer'))).toHaveLength(1);
    fails = false;
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('READY_FOR_HITL');
    expect(calls.filter((call) => call === 'audit')).toHaveLength(1);
  });

  test('tests that fail are mended and run again; the same failure twice halts', async () => {
    let rounds = 0;
    here.play = {
      host: {
        runTests: async () => {
          rounds += 1;
          return failedTests(rounds < 3 ? `t${rounds}` : 't2');
        },
      },
    };
    const state = await until(await begin(), isHalted);
    expect(shown(state).run.halt?.reason).toMatch(/^e2e_circuit_breaker: /);
    const steps = afterDraft(calls).filter((call) => /^(tests|implementer)/.test(call));
    expect(steps).toEqual(['tests', 'implementer 2', 'tests', 'implementer 3', 'tests']);
  });

  test('no test command is a phase that is skipped, with words and without a mark', async () => {
    here.play = { host: { runTests: async () => ({ result: { outcome: 'NONE' }, runs: [] }) } };
    const state = await finished(await begin());
    expect(postPrOf(state)).toMatchObject({ markers: ['PR-AUDITED'], notes: { e2e_testing: 'no_test_command' } });
    expect(drafts.at(-1)?.body).toContain('e2e_testing was skipped: no_test_command');
  });

  test('shows its phase as a search attribute, in the memo and in the details', async () => {
    here.play = { agents: { implementer: (turn) => (turn.cycle === 1 ? implemented(1) : untilEnded(turn)) } };
    here.play = { ...here.play, host: { auditPull: async () => audited(nit) } };
    const handle = await begin();
    await until(handle, () => calls.includes('implementer 2'));
    const { typedSearchAttributes: told, memo } = await handle.describe();
    expect([told.get(attributes.state), told.get(attributes.phase)]).toEqual(['COMPLETE', 'FIX_AUDIT']);
    expect(memo?.run).toMatchObject({ gated: 'COMPLETE FIX_AUDIT 1' });
    const details = await handle.query<{ readonly currentDetails?: string }>('__temporal_workflow_metadata');
    expect(details.currentDetails).toContain('POST-PR VALIDATION');
    await handle.signal(stop, { reason: 'enough' });
    expect((await finished(handle)).status).toBe('stopped');
  });
});

describe('a person who steers a validation', () => {
  test('a halt lets its phase end; after a resume it goes on with the next one', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    here.play = { host: { auditPull: () => held.then(() => audited({})) } };
    const handle = await begin();
    await until(handle, () => calls.includes('audit'));
    await handle.signal(halt, { reason: 'lunch' });
    release();
    const state = await until(handle, isHalted);
    expect(shown(state).run.halt?.reason).toBe('lunch');
    expect(postPrOf(state)).toMatchObject({ exit: 5, halt: { reason: 'user_interrupt', detail: 'lunch' } });
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('READY_FOR_HITL');
    expect(calls.filter((call) => call === 'audit')).toHaveLength(1);
  });

  test('force cuts a fix step: its work is committed, judged by the gates, and the validation begins anew', async () => {
    here.play = {
      agents: { implementer: (turn) => (turn.cycle === 1 ? implemented(1) : untilEnded(turn)) },
      host: {
        auditPull: async (_run, { commit }) => audited(commit === commitOf(1) ? nit : {}),
        commitPending: async () => ({ commit: commitOf(7) }),
      },
    };
    const handle = await begin();
    await until(handle, () => calls.includes('implementer 2'));
    await handle.signal(halt, { reason: 'stop it', force: true });
    await until(handle, isHalted);
    expect(drafts.at(-1)?.title).toBe(title);
    const before = calls.length;
    await handle.executeUpdate(resumeGated, goOn);
    expect(shown(await finished(handle)).run.state).toBe('READY_FOR_HITL');
    expect(calls.slice(before)).toEqual(expect.arrayContaining(['reviewer 1', 'auditor 1', 'audit', 'tests']));
  });

  test('who said push is not asked again when a validation has halted', async () => {
    let files: Readonly<Record<string, string>> = secret;
    here.play = { host: { auditPull: async () => audited(files) } };
    const handle = await begin({ options: { push_mode: 'PROMPT' } });
    await until(handle, ({ gated }) => gated?.question != null);
    await handle.executeUpdate('answer', { args: [{ value: 'push' }] });
    await until(handle, isHalted);
    expect(drafts.at(-1)?.body).toContain('HALTED, audit_escalated');
    files = {};
    await handle.executeUpdate(resumeGated, goOn);
    const end = await finished(handle);
    expect(shown(end)).toMatchObject({ question: null, run: { state: 'READY_FOR_HITL' } });
  });
});
