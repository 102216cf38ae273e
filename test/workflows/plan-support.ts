import type { GatedTarget } from '../../src/domain/gated/run-input.ts';
import type { EarlierRecord } from '../../src/domain/gated/sprint-record.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import { type Change, gatedInput } from './gated-support.ts';
import type { Stage } from './support.ts';

/** A plan of `sprint-1` to `sprint-<count>`, each of the issue with its number. */
export function planInput(
  stage: Pick<Stage, 'hostId'>,
  change: Change = {},
  { count = 2, consolidate = true } = {},
): RunInput {
  const { gated, tasks, ...rest } = gatedInput(stage, change);
  if (!gated) throw new Error('this is no gated run');
  const sprints = Array.from({ length: count }, (_, index): GatedTarget => {
    const n = index + 1;
    return { kind: 'issues', name: `sprint-${n}`, title: `Sprint ${n}`, issues: [n] };
  });
  const { settings, mode, options, allowHigh } = gated;
  const given = { settings, mode, options, allowHigh };
  const plan = { ...given, id: 'plan-20260101-0123abcd', sprints, from: 1, to: count, consolidate };
  return { ...rest, type: 'plan', tasks: tasks.map((task) => ({ ...task, issue: 0 })), plan };
}

/** A plan that goes on with what another one has told. */
export function planAgain(
  stage: Pick<Stage, 'hostId'>,
  earlier: readonly EarlierRecord[],
  change: Change = {},
  shape: Parameters<typeof planInput>[2] = {},
) {
  const { plan, ...rest } = planInput(stage, change, shape);
  if (!plan) throw new Error('this is no plan');
  return { ...rest, plan: { ...plan, earlier } };
}

export const recordsOf = ({ plan }: RunState) => plan?.records ?? [];
