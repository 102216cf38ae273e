import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OpenRequest } from '../../src/activities/gated/contract.ts';
import { newValidation, phaseTimeouts } from '../../src/domain/gated/post-pr-input.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import type { Workspace } from '../../src/domain/workspace.ts';
import { hostsQueue, workflowTypes } from '../../src/workflows/messages.ts';
import { createWorker } from '../support/temporal.ts';
import { base, commitOf, gatedInput, gatedScript, type Play } from './gated-support.ts';
import { postPrOf, validating } from './post-pr-support.ts';
import { type Calls, openStage, type Stage } from './support.ts';

const calls: Calls = [];
let play: Play = {};
let opens: OpenRequest[] = [];
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  const opened = await openStage(
    gatedScript(() => play, calls),
    calls,
  );
  stage = opened.stage;
  const claiming = await createWorker(
    stage.env,
    { claimWorkspace: async () => ({ hostId: stage.hostId }) },
    { taskQueue: hostsQueue },
  );
  const running = claiming.run();
  close = async () => {
    claiming.shutdown();
    await running;
    await opened.close();
  };
});

afterAll(() => close());

beforeEach(() => {
  calls.length = 0;
  opens = [];
});

/** A validation in a fleet, whose branch’s host is `hostId`. A host that takes no step for 1.2 s is lost. */
async function validation(hostId: string): Promise<RunState> {
  const input: Partial<RunInput> = { source: { kind: 'remote', url: 'https://tracker.test/test/test.git' } };
  const { gated, tasks, ...rest } = gatedInput(stage, {
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
  return stage.env.client.workflow.execute(workflowTypes.postPr, {
    workflowId: `${rest.runId}/post-pr`,
    taskQueue: stage.queue,
    args: [{ ...rest, gated, tasks: tasks.map((task) => ({ ...task, committed })), postPr }],
  }) as Promise<RunState>;
}

test('a validation whose host is lost goes on at another one, from what the draft shows, and leaves it', async () => {
  play = {
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
  expect(state.hostId).toBe(stage.hostId);
  expect(calls).toContain('leave');
  expect(calls.filter((call) => call.startsWith('push'))).toEqual([]);
}, 60_000);

test('on the host that it was given it takes no slot, and frees none', async () => {
  play = {};
  expect(postPrOf(await validation(stage.hostId))).toMatchObject({ exit: 0 });
  expect(calls.filter((call) => call === 'leave' || call === 'claim')).toEqual([]);
});
