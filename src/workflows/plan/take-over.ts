import { patiently } from '../patience.ts';
import { type PlanBench, untilItIs } from './ending.ts';

/** Of what the plan before this one had come to, what is still on the branch is not done again. */
export async function takeOver(bench: PlanBench): Promise<void> {
  const { run, tools, plan } = bench;
  const commits = (plan.input.earlier ?? []).flatMap(({ commit }) => commit ?? []);
  const [task] = run.input.tasks;
  if (!task || !plan.input.earlier?.length) return;
  await untilItIs(bench, async () => {
    const { held } = await patiently(run, () =>
      tools.onHost(({ host }) =>
        host.findCommits.executeWithOptions({ summary: `what is on ${plan.branch}` }, [run.context, { task, commits }]),
      ),
    );
    plan.takeOver(held);
    return undefined;
  });
  // Its sprints take a place of their own there.
  await tools.leaveHost();
}
