import type { OpenedTarget } from '../../activities/gated/contract.ts';
import type { GatedBench } from './role.ts';
import { step } from './step.ts';

/** The target's workspace as it is, opened again where this run has lost it. */
export async function opened(bench: GatedBench): Promise<OpenedTarget> {
  return bench.target.opened ?? open(bench, { asItIs: true });
}

/** Makes the workspace ready; with the base brought in, unless there is work that gates have seen. */
export async function open(bench: GatedBench, { asItIs }: { readonly asItIs: boolean }): Promise<OpenedTarget> {
  const { run, tools, target } = bench;
  const { startCommit, attemptId } = run.task(target.issue);
  const task = run.specOf(target.issue);
  const { began: earlier, builtOn, left = builtOn } = target.input;
  const { completion } = target.state;
  const found = await step(run, target, `open ${task.branch}`, (summary) => {
    run.update(target.issue, { phase: 'preparing' });
    const isNew = startCommit === null;
    const goesOn = !isNew && !target.moved;
    const request = {
      task,
      resuming: goesOn,
      startCommit: goesOn ? target.tip : null,
      attemptId,
      pushed: completion.pushed || completion.pr_created || left !== undefined,
      asItIs,
      ...(isNew && earlier !== undefined ? { began: earlier } : {}),
      ...(!goesOn && left !== undefined ? { left } : {}),
      // Another host has to have it as well.
      ...(!goesOn && builtOn !== undefined ? { builtOn } : {}),
    };
    return tools.onHost(({ host }) => host.openTarget.executeWithOptions({ summary }, [run.context, request]));
  });
  const first = startCommit === null ? { startCommit: found.began ?? found.startCommit } : {};
  if (startCommit !== null && target.tip !== found.startCommit) target.unapproved();
  if (target.workLost) target.since = found.startCommit;
  target.moved = false;
  target.began ??= found.began ?? null;
  run.update(target.issue, { ...first, commit: found.startCommit, status: 'in_progress' });
  target.opened = found;
  if (found.isRemade)
    target.note(`the gates have approved the sprints before it as other commits: ${target.branch} was made anew`);
  return found;
}
