import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { halt, progress, resumeGated } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, base, commitOf, isState, roles } from './gated-support.ts';
import { goOn } from './resumptions.ts';
import { finished, until } from './support.ts';

const here = gatedStage();
const { calls } = here;

const sent = () => calls.filter((call) => /^(?:push|draft) /.test(call));

test('a halt during the last audit is kept to: nothing is delivered before a resume, and no gate is asked again', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  here.play = { agents: { auditor: async () => held.then(() => answered('audit')) } };
  const run = await here.begin({ options: { push_mode: 'AUTO' } });
  await until(run, () => calls.includes('auditor 1'));
  await run.signal(halt, { reason: 'lunch' });
  release();
  await until(run, isState('HALTED'));
  expect(sent().filter((call) => !call.startsWith('push') && !call.includes('[INCOMPLETE]'))).toEqual([]);
  await run.executeUpdate(resumeGated, goOn);
  expect((await finished(run)).gated?.run.state).toBe('JACKED_OUT');
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
});

test('what a person has brought to the branch after an approval is looked at before it is pushed', async () => {
  const merged = commitOf(50);
  let opens = 0;
  let refuses = true;
  here.play = {
    host: {
      openTarget: async (_run, { startCommit, task }) => {
        opens += 1;
        const workspace = { path: '/r/w', name: 'w', mode: 'worktree', adminDir: null, indexFile: null } as const;
        const repository = { root: '/r', commonDir: '/r/.git', bare: false, worktreesDir: '/r/w', privateDir: '/p' };
        const found = opens === 1 ? base : merged;
        return { workspace: { ...workspace, repository, branch: task.branch }, startCommit: found ?? startCommit };
      },
      pushBranch: async () => {
        if (refuses) throw ApplicationFailure.nonRetryable('not a fast-forward', 'PushRefused');
      },
    },
  };
  const run = await here.begin();
  await until(run, isState('HALTED'));
  refuses = false;
  await run.executeUpdate(resumeGated, goOn);
  await finished(run);
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1', 'reviewer 1', 'auditor 1']);
  expect(calls.filter((call) => call.startsWith('push')).at(-1)).toBe(`push ${merged}`);
});

test('an issue that another run holds halts it; one that is let go of in a moment does not', async () => {
  const lock = (issue: number) =>
    here.stage.env.client.workflow.start('issueLock', {
      workflowId: `locus/acme/held/issue/${issue}`,
      taskQueue: here.stage.queue,
      args: [],
    });
  const input = { runId: 'locus/acme/held/gated', repoName: 'acme/held' };
  const other = await lock(1);
  const run = await here.begin({ input });
  await until(run, isState('HALTED'));
  expect((await run.query(progress)).gated?.run.halt?.reason).toBe('issue_held: another run works on issue #1');
  expect(roles(calls)).toEqual([]);
  await run.executeUpdate(resumeGated, goOn);
  await other.cancel();
  expect((await finished(run)).gated?.run.state).toBe('JACKED_OUT');
}, 30_000);
