import { Context } from '@temporalio/activity';
import { endAgent } from '../agents/host/end.ts';
import { unfinishedRef } from '../domain/branch.ts';
import { keepUnfinished } from '../git/unfinished.ts';
import { giveUpAfterwards } from './afterwards.ts';
import { runAgent } from './agent.ts';
import { beating } from './border.ts';
import { objectsDirOf } from './confine.ts';
import type { HostActivities } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { commitPending, comparePosition, lookAtBranch } from './gated/branch.ts';
import { openBug, recordTriage, weighTriage } from './gated/bug.ts';
import type { GatedHostActivities } from './gated/contract.ts';
import { findCommits, openTarget } from './gated/open.ts';
import { writePrompt } from './gated/prompt.ts';
import { inTurn } from './in-turn.ts';
import { auditPull } from './post-pr/audit.ts';
import type { PostPrHostActivities } from './post-pr/contract.ts';
import { keepRecords } from './post-pr/records.ts';
import { runTests } from './post-pr/tests.ts';
import { prepareTask } from './prepare.ts';
import { pushBranch } from './push.ts';
import { releaseWorkspace } from './release.ts';
import { attemptDir, workspaceKey } from './repository.ts';

/** The activities of this host, each one step that may be repeated. */
export function createHostActivities(deps: Dependencies): HostActivities & GatedHostActivities & PostPrHostActivities {
  return {
    prepareTask: (run, request) =>
      beating(() =>
        inTurn(run, workspaceKey(run, request.task.branch), () =>
          prepareTask(deps, run, request, Context.current().cancellationSignal),
        ),
      ),
    runAgent: (run, request) => beating((beat) => runAgent(deps, run, request, beat)),
    endAgent: ({ attemptId, force }) =>
      beating(async () => {
        const dir = attemptDir(deps.stateDir, attemptId);
        giveUpAfterwards(dir);
        await endAgent(dir, force ? 0 : undefined);
      }),
    keepUnfinished: (run, { task, workspace, attemptId, startCommit }) =>
      beating(async () => {
        if (attemptId) await endAgent(attemptDir(deps.stateDir, attemptId));
        return inTurn(run, workspaceKey(run, task.branch), async () => {
          const objectsDir = await objectsDirOf(workspace);
          const ref = unfinishedRef(task.branch, task.issue);
          const kept = await keepUnfinished(workspace, { start: startCommit, objectsDir, ref, attemptId });
          return { kept: kept !== null };
        });
      }),
    openTarget: (run, request) =>
      beating(() => inTurn(run, workspaceKey(run, request.task.branch), () => openTarget(deps, run, request))),
    findCommits: (run, request) =>
      beating(() => inTurn(run, workspaceKey(run, request.task.branch), () => findCommits(deps, run, request))),
    writePrompt: (run, request) => beating(() => writePrompt(deps, run, request)),
    commitPending: (run, request) =>
      beating(() => inTurn(run, request.workspace.name, () => commitPending(deps, run, request))),
    lookAtBranch: (run, request) => beating(() => lookAtBranch(deps, run, request)),
    openBug: (run, request) => beating(() => openBug(deps, run, request)),
    weighTriage: (run, request) => beating(() => weighTriage(deps, run, request)),
    recordTriage: (run, request) =>
      beating(() => inTurn(run, request.workspace.name, () => recordTriage(deps, run, request))),
    comparePosition: (run, request) =>
      beating(() => comparePosition(deps, run, request, Context.current().cancellationSignal)),
    pushBranch: (run, request) => beating(() => pushBranch(deps, run, request, Context.current().cancellationSignal)),
    releaseWorkspace: (run, { branch }) =>
      beating(() => inTurn(run, workspaceKey(run, branch), () => releaseWorkspace(deps, run, branch))),
    auditPull: (run, request) => beating(() => auditPull(run, request)),
    runTests: (run, request) => beating(() => inTurn(run, request.workspace.name, () => runTests(deps, run, request))),
    keepRecords: (_run, request) => beating(() => keepRecords(deps.stateDir, request)),
    leaveWorkspace: ({ workflowId }) => deps.slots.free(workflowId),
  };
}
