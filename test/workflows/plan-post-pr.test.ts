import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { newValidation, phaseTimeouts } from '../../src/domain/gated/post-pr-input.ts';
import type { RunState } from '../../src/domain/run.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { attributes, halt, resumeGated, workflowTypes } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { base, commitOf, gatedInput, implemented, untilEnded } from './gated-support.ts';
import { planInput } from './plan-support.ts';
import { audited, nit, postPrOf, secret, validating } from './post-pr-support.ts';
import { goOn } from './resumptions.ts';
import { finished, isHalted, start, until } from './support.ts';

const here = gatedStage();
const { calls, drafts } = here;

const title = 'Run Mode: Sprint Plan implementation';

const input = (consolidate = true) => planInput(here.stage, { settings: validating() }, { consolidate });

const postOf = ({ plan }: RunState) => plan?.post_pr;

test('a plan’s one draft is validated as a whole; a halt and a resume go on with the failed phase', async () => {
  let files: Readonly<Record<string, string>> = secret;
  here.play = { host: { auditPull: async () => audited(files) } };
  const handle = await start(here.stage, input());
  const state = await until(handle, isHalted, 30_000);
  expect(state.halt?.reason).toBe('audit_escalated: hardcoded-secret in a.ts:1');
  expect(state.plan?.plan.state).toBe('HALTED');
  expect(postOf(state)).toMatchObject({ exit: 3, halt: { reason: 'audit_escalated' } });
  expect(drafts.at(-1)).toMatchObject({ title, body: expect.stringContaining('State: HALTED, audit_escalated') });
  expect((await handle.describe()).typedSearchAttributes.get(attributes.phase)).toBe('POST_PR_AUDIT');

  files = {};
  await handle.executeUpdate(resumeGated, goOn);
  const end = await finished(handle);
  expect(end.plan?.plan.state).toBe('READY_FOR_HITL');
  expect(postOf(end)).toMatchObject({ exit: 0, markers: ['PR-AUDITED', 'PR-E2E-PASSED'] });
  expect(drafts.at(-1)).toMatchObject({ title, body: expect.stringContaining('<!-- PR-AUDITED PR-E2E-PASSED -->') });
  expect(calls.filter((call) => call === 'audit')).toHaveLength(2);
}, 60_000);

test('a fix step whose push is refused halts it; after a resume what it has left is pushed, and passes', async () => {
  const fix = commitOf(9);
  let refuses = true;
  here.play = {
    agents: { implementer: ({ n, request }) => implemented(request.task.commitType === 'fix' ? 9 : n) },
    host: {
      auditPull: async (_run, { commit }) => audited(commit === fix ? {} : nit),
      async pushBranch(_run, { commit }) {
        if (refuses && commit === fix) throw ApplicationFailure.nonRetryable('not like this', 'PushRefused');
      },
      // The branch is where the fix step has left it.
      openTarget: async (_run, { task }) => {
        const found = { workspace: {} as Workspace, startCommit: fix };
        return task.commitType === 'fix' && !refuses ? found : (undefined as never);
      },
    },
  };
  const handle = await start(here.stage, input());
  const state = await until(handle, isHalted, 30_000);
  expect(state.halt?.reason).toBe('audit_error: not like this');
  refuses = false;
  await handle.executeUpdate(resumeGated, goOn);
  const end = await finished(handle);
  expect(postOf(end)).toMatchObject({ exit: 0, fix_commits: [fix] });
  expect(calls.filter((call) => call === `push ${fix}`)).toHaveLength(2);
}, 60_000);

test('drafts of single sprints are not validated, and say so', async () => {
  const end = await finished(await start(here.stage, input(false)));
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  expect(drafts).toHaveLength(2);
  for (const { body } of drafts) expect(body).toContain('post_pr was skipped: a draft of one sprint is not validated');
  expect(calls).not.toContain('audit');
}, 60_000);

test('a halt while the last push runs opens no draft where none is wanted', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  here.play = { host: { pushBranch: () => held } };
  const given = planInput(here.stage, { settings: validating(), agent: { autoPR: false } });
  const handle = await start(here.stage, given);
  await until(handle, () => calls.some((call) => call.startsWith('push ')), 30_000);
  await handle.signal(halt, { reason: 'lunch' });
  release();
  const state = await until(handle, isHalted, 30_000);
  expect(state.halt?.reason).toBe('lunch');
  await handle.executeUpdate(resumeGated, goOn);
  const end = await finished(handle);
  expect(end.plan?.plan.state).toBe('JACKED_OUT');
  expect(end.warnings).toContain('post_pr was skipped: there is no pull request');
  expect(drafts).toEqual([]);
}, 60_000);

/** A validation by itself, whose phases have so many seconds. */
async function validation(timeoutS: Partial<typeof phaseTimeouts>) {
  const given = gatedInput(here.stage, { settings: validating() });
  const { gated, tasks } = given;
  if (!gated) throw new Error('this is no gated run');
  const at = new Date().toISOString();
  const completion = { pushed: true, pr_created: true, pr_url: 'http://tracker.test/9', skipped_reason: null };
  const state = newValidation(gated, { url: completion.pr_url, branch: 'feature/issue-1' }, at);
  const committed = { start: base, commit: commitOf(1) };
  const postPr = {
    state,
    cycle: 1,
    completion,
    hostId: here.stage.hostId,
    timeoutS: { ...phaseTimeouts, ...timeoutS },
  };
  return here.stage.env.client.workflow.execute(workflowTypes.postPr, {
    workflowId: `${given.runId}/post-pr`,
    taskQueue: here.stage.queue,
    args: [{ ...given, tasks: tasks.map((task) => ({ ...task, committed })), postPr }],
  }) as Promise<RunState>;
}

test('an audit that does not end in its time halts', async () => {
  here.play = { host: { auditPull: () => new Promise((resolve) => setTimeout(() => resolve(audited({})), 2_500)) } };
  const state = await validation({ post_pr_audit: 1 });
  expect(postPrOf(state)).toMatchObject({ state: 'HALTED', exit: 2, halt: { reason: 'audit_timeout' } });
});

test('a workspace that is not made ready in the longest of its times halts', async () => {
  here.play = { host: { openTarget: () => Promise.reject(new Error('nobody answers')) } };
  const state = await validation({ e2e_testing: 1 });
  expect(postPrOf(state)).toMatchObject({ state: 'HALTED', exit: 2, halt: { reason: 'audit_timeout' } });
  expect(calls).not.toContain('audit');
}, 30_000);

test('the time of a fix step is its own: its agent is ended, and the validation halts', async () => {
  here.play = {
    agents: { implementer: (turn) => (turn.n === 1 ? implemented(turn.cycle) : untilEnded(turn)) },
    host: { auditPull: async () => audited(nit) },
  };
  const state = await validation({ post_pr_audit: 2 });
  expect(postPrOf(state)).toMatchObject({ exit: 2, halt: { reason: 'audit_timeout' }, fix_commits: [commitOf(2)] });
  expect(calls.filter((call) => call.startsWith('end'))).toHaveLength(1);
}, 30_000);
