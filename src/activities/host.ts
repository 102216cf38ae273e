import { endAgent } from '../agents/host/end.ts';
import { keepUnfinished } from '../git/unfinished.ts';
import { runAgent } from './agent.ts';
import { beating } from './border.ts';
import { objectsDirOf } from './confine.ts';
import type { HostActivities } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { prepareTask } from './prepare.ts';
import { pushBranch } from './push.ts';
import { releaseWorkspace } from './release.ts';
import { attemptDir, unfinishedRef } from './repository.ts';

/** The activities of this host, each one step that may be repeated. */
export function createHostActivities(deps: Dependencies): HostActivities {
  return {
    prepareTask: (run, request) => beating(() => prepareTask(deps, run, request)),
    runAgent: (run, request) => beating((beat) => runAgent(deps, run, request, beat)),
    endAgent: ({ attemptId }) => beating(() => endAgent(attemptDir(deps.stateDir, attemptId))),
    keepUnfinished: (_run, { task, workspace, attemptId, startCommit }) =>
      beating(async () => {
        if (attemptId) await endAgent(attemptDir(deps.stateDir, attemptId));
        const objectsDir = await objectsDirOf(workspace);
        const ref = unfinishedRef(task.branch, task.issue);
        const kept = await keepUnfinished(workspace, { start: startCommit, objectsDir, ref, attemptId });
        return { kept: kept !== null };
      }),
    pushBranch: (run, request) => beating(() => pushBranch(deps, run, request)),
    releaseWorkspace: (run, { branch }) => beating(() => releaseWorkspace(deps, run, branch)),
  };
}
