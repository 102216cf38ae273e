import type { Engine } from '../../client/connect.ts';
import { findRun, readState } from '../../client/runs.ts';
import type { RunInput } from '../../domain/run.ts';
import type { Printer } from '../../ui/printer.ts';

/** A plan that was ended on this branch is gone on with: what it has completed, and is still there, is not done again. */
export async function goingOn({ client }: Engine, input: RunInput, printer: Printer): Promise<RunInput> {
  if (!input.plan) return input;
  const found = await findRun(client, input.runId);
  const before = found && (await readState(client, input.runId, 10_000));
  if (found?.memo?.type === 'plan' && before === null)
    printer.note('warning: what the plan before this one had completed could not be read: its sprints run again');
  if (!before?.plan || before.branch !== input.branch) return input;
  return { ...input, plan: { ...input.plan, earlier: before.plan.records } };
}
