import { opened } from '../gated/open.ts';
import type { GatedBench } from '../gated/role.ts';
import { step } from '../gated/step.ts';
import type { Bug } from './bug.ts';

/** What the triage has found becomes the first commit of the branch: a fix is what comes after it. */
export async function recordTriage(bench: GatedBench, bug: Bug): Promise<void> {
  const { run, tools, target } = bench;
  const { triage } = bug;
  if (triage === null) return;
  const { workspace } = await opened(bench);
  const { bug_id, sprint_id, created_at } = bug.state;
  const request = {
    workspace,
    startCommit: target.tip,
    attemptId: run.task(target.issue).attemptId,
    id: target.input.id,
    triage,
    ids: { bug_id, sprint_id, created_at },
    guarded: target.context.guardrails.enabled,
  };
  const { commit, document } = await step(run, target, `record the triage of ${bug_id}`, (summary) =>
    tools.onHost(({ host }) => host.recordTriage.executeWithOptions({ summary }, [run.context, request])),
  );
  run.update(target.issue, { commit });
  bug.recorded(commit, document);
  target.since = commit;
}
