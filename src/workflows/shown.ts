import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { gatedPage } from '../domain/gated/page.ts';
import { phaseOf, phaseOfPlan, type RunView } from '../domain/gated/status-view.ts';
import type { RunState } from '../domain/run.ts';
import { memoOf } from '../domain/run-state.ts';
import { taskTable } from '../domain/task-table.ts';
import { attributes } from './messages.ts';

/** What people see of a run without asking it: its memo, the Web UI's current details, search attributes. */
export class Shown {
  private memo = '';

  publish(state: RunState): void {
    const memo = memoOf(state);
    const text = JSON.stringify(memo);
    if (text !== this.memo) upsertMemo({ run: memo });
    this.memo = text;
    const { gated, plan } = state;
    setCurrentDetails(gated || plan ? gatedPage({ gated, plan }, Date.now()) : taskTable(state));
    const shown = workflowInfo().typedSearchAttributes.get(attributes.state);
    const name = plan?.plan.state ?? gated?.run.state ?? state.status;
    if (shown !== name) upsertSearchAttributes([{ key: attributes.state, value: name }]);
    const view = plan?.current ?? gated;
    if (view) showPhase(plan ? phaseOfPlan(plan) : phaseOf(view), view);
  }
}

function showPhase(phase: string, view: RunView): void {
  const shown = workflowInfo().typedSearchAttributes;
  const { current } = view.run.cycles;
  if (shown.get(attributes.phase) === phase && shown.get(attributes.cycle) === current) return;
  upsertSearchAttributes([
    { key: attributes.phase, value: phase },
    { key: attributes.cycle, value: current },
  ]);
}
