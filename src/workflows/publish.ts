import { patiently } from './patience.ts';
import type { Run } from './run.ts';
import type { Tools } from './tools.ts';

/** Pushes the task's commit, unless it is pushed; a standalone issue gets its pull request. */
export async function publish(
  run: Run,
  tools: Tools,
  issue: number,
  { mayExist, isPushed }: { readonly mayExist: boolean; readonly isPushed: boolean },
): Promise<void> {
  const { commit, branch, title } = run.task(issue);
  if (commit === null) return;
  const { input, context } = run;
  if (input.remote !== null && !isPushed) {
    await patiently(run, () => {
      run.update(issue, { phase: 'pushing' });
      const summary = `#${issue} push ${branch}`;
      return tools.onHost(({ host }) => host.pushBranch.executeWithOptions({ summary }, [context, { branch, commit }]));
    });
  }
  if (input.type === 'sprint' || !input.settings.agent.autoPR) return;
  let again = false;
  const pull = await patiently(run, () => {
    run.update(issue, { phase: 'pushing' });
    const request = {
      issue,
      title,
      branch,
      summary: run.task(issue).summary ?? '',
      mayExist: mayExist || input.restarted || again,
    };
    again = true;
    return tools.tracker.openIssuePull.executeWithOptions({ summary: `#${issue} pull request` }, [context, request]);
  });
  run.update(issue, { pr: pull.number, prUrl: pull.url });
}
