import { beforeEach, expect, test } from '@jest/globals';
import type { OpenRequest } from '../../src/activities/gated/contract.ts';
import { newValidation, phaseTimeouts } from '../../src/domain/gated/post-pr-input.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { workflowTypes } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { base, commitOf, gatedInput } from './gated-support.ts';
import { postPrOf, validating } from './post-pr-support.ts';

const here = gatedStage({ fleet: true });
const { calls } = here;
let opens: OpenRequest[] = [];

beforeEach(() => {
  opens = [];
});

/** A validation in a fleet, whose branch’s host is `hostId`. A host that takes no step for 1.2 s is lost. */
async function validation(hostId: string): Promise<RunState> {
  const input: Partial<RunInput> = { source: { kind: 'remote', url: 'https://tracker.test/test/test.git' } };
  const { gated, tasks, ...rest } = gatedInput(here.stage, {
    settings: validating(),
    agent: { hostLostMinutes: 0.02 },
    input,
  });
  if (!gated) throw new Error('this is no gated run');
  const completion = { pushed: true, pr_created: true, pr_url: 'http://tracker.test/9', skipped_reason: null };
  const pull = { url: completion.pr_url, branch: 'feature/issue-1' };
  const state = newValidation(gated, pull, new Date().toISOString());
  const committed = { start: base, commit: commitOf(1) };
  const postPr = { state, cycle: 1, completion, hostId, timeoutS: phaseTimeouts };
  return here.stage.env.client.workflow.execute(workflowTypes.postPr, {
    workflowId: `${rest.runId}/post-pr`,
    taskQueue: here.stage.queue,
    args: [{ ...rest, gated, tasks: tasks.map((task) => ({ ...task, committed })), postPr }],
  }) as Promise<RunState>;
}

test('a validation whose host is lost goes on at another one, from what the draft shows, and leaves it', async () => {
  here.play = {
    host: {
      openTarget: async (_run, request) => {
        opens.push(request);
        return { workspace: {} as Workspace, startCommit: commitOf(1) };
      },
    },
  };
  const state = await validation('gone');
  expect(postPrOf(state)).toMatchObject({ state: 'READY_FOR_HITL', exit: 0 });
  // Not the lost one’s workspace: the remote’s branch as it is, without the base being brought in.
  expect(opens).toMatchObject([{ resuming: false, startCommit: null, pushed: true, asItIs: true }]);
  expect(state.hostId).toBe(here.stage.hostId);
  expect(calls).toContain('leave');
  expect(calls.filter((call) => call.startsWith('push'))).toEqual([]);
}, 60_000);

test('on the host that it was given it takes no slot, and frees none', async () => {
  here.play = {};
  expect(postPrOf(await validation(here.stage.hostId))).toMatchObject({ exit: 0 });
  expect(calls.filter((call) => call === 'leave' || call === 'claim')).toEqual([]);
});
