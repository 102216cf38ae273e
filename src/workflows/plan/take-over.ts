import type { SprintRecord } from '../../domain/gated/sprint-record.ts';
import { step } from '../gated/step.ts';
import { draftOfSprint, type PlanBench, untilItIs } from './ending.ts';

/** Of what the plan before this one had come to, what is still on the branch is not done again. */
export async function takeOver(bench: PlanBench): Promise<void> {
  const { run, tools, plan } = bench;
  const commits = (plan.input.earlier ?? []).flatMap(({ commit }) => commit ?? []);
  const [task] = run.input.tasks;
  if (!task || !plan.input.earlier?.length) return;
  await untilItIs(bench, plan.next ?? '', async () => {
    const found = await step(run, plan, `what is on ${plan.branch}`, (summary) =>
      tools.onHost(({ host }) => host.findCommits.executeWithOptions({ summary }, [run.context, { task, commits }])),
    );
    plan.takeOver(found);
    return undefined;
  });
  if (plan.input.consolidate) return;
  const isOpen = ({ completed, drafted }: SprintRecord) => completed && !drafted;
  // The plan before it was ended before that, or was to open one draft for all of them.
  for (const { id } of plan.records.filter(isOpen)) await draftOfSprint(bench, id);
}
