import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, condition, ParentClosePolicy, startChild } from '@temporalio/workflow';
import {
  type GatedInput,
  type GatedProgress,
  type GatedTarget,
  sprintRunId,
  taskOf,
} from '../../domain/gated/run-input.ts';
import type { RunInput, RunState } from '../../domain/run.ts';
import { failureOf } from '../activities.ts';
import type { gatedTarget } from '../gated.ts';
import { halt, sprintResumed, stop, workflowTypes } from '../messages.ts';
import type { Run } from '../run.ts';
import type { Plan } from './state.ts';

/** How a sprint's run stands that needs its plan: it is complete, or halted. */
export type SprintEnd =
  | { readonly kind: 'complete'; readonly gated: GatedProgress; readonly state: RunState }
  | { readonly kind: 'halted'; readonly reason: string }
  /** It ended without being complete; a resume begins another one. */
  | { readonly kind: 'gone'; readonly reason: string };

const longestMs = 30_000;

/** One sprint of a plan, as a workflow of its own. */
export class Sprint {
  readonly id: string;
  private readonly run: Run;
  private readonly plan: Plan;
  private readonly handle: ChildWorkflowHandle<typeof gatedTarget>;
  private ended: SprintEnd | null = null;
  private told = '';

  private constructor(run: Run, plan: Plan, id: string, handle: ChildWorkflowHandle<typeof gatedTarget>) {
    this.run = run;
    this.plan = plan;
    this.id = id;
    this.handle = handle;
    void this.waitForEnd();
    void this.tellItsCourse();
  }

  /** null: it waits for the run of an earlier plan, and a person halts it meanwhile. */
  static async begin(run: Run, plan: Plan, target: GatedTarget): Promise<Sprint | null> {
    const isOver = () => run.stopping || run.haltWanted !== null;
    for (let waitMs = 1000; ; waitMs = Math.min(2 * waitMs, longestMs)) {
      try {
        const handle = await startChild<typeof gatedTarget>(workflowTypes.gated, {
          workflowId: `${run.input.runId}/${target.name}`,
          args: [inputOf(run, plan, target)],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `${target.name} ${target.title}`.slice(0, 200),
        });
        return new Sprint(run, plan, target.name, handle);
      } catch (error) {
        // Of a plan that has ended: it is about to do so itself.
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        await run.wait({ reason: `the run of ${target.name} before this one`, until: Date.now() + waitMs }, isOver);
        if (run.stopping) await run.checkpoint();
        if (run.haltWanted !== null) return null;
      }
    }
  }

  /** Until it is complete, halted or gone. `heard`: what it has told last of itself. */
  async outcome(heard: () => GatedProgress | null): Promise<SprintEnd> {
    const halted = () => {
      const { state, halt: why } = heard()?.run ?? {};
      return state === 'HALTED' ? (why?.reason ?? 'halted') : null;
    };
    await condition(() => this.ended !== null || halted() !== null);
    return this.ended ?? { kind: 'halted', reason: halted() ?? '' };
  }

  get isOver(): boolean {
    return this.ended !== null;
  }

  /** Lets it go on; answers when it says that it does, or has ended. */
  async resume(breaker: 'keep' | 'reset' | 'probe', heard: () => GatedProgress | null): Promise<void> {
    const { taskUsd, runUsd } = this.run.state.budget;
    this.told = '';
    const anew = breaker === 'keep' ? {} : { timeoutHours: this.plan.input.options.timeout_hours };
    await this.handle.signal(sprintResumed, { breaker, budgets: { taskUsd, runUsd }, ...anew }).catch(() => {});
    await condition(() => this.ended !== null || heard()?.run.state !== 'HALTED');
  }

  private async waitForEnd(): Promise<void> {
    try {
      const state = await this.handle.result();
      const { gated } = state;
      const isComplete = gated?.run.state === 'COMPLETE';
      this.ended = isComplete
        ? { kind: 'complete', gated, state }
        : { kind: 'gone', reason: `the run of ${this.id} was stopped` };
    } catch (error) {
      this.ended = { kind: 'gone', reason: failureOf(error).message };
    }
  }

  /** Tells it each halt and stop of the plan. */
  private async tellItsCourse(): Promise<void> {
    for (;;) {
      await condition(() => this.ended !== null || (this.wanted() !== '' && this.wanted() !== this.told));
      if (this.ended !== null) return;
      this.told = this.wanted();
      const reason = this.run.haltWanted ?? 'the plan was stopped';
      const request = { reason, force: this.run.forced };
      await this.handle.signal(this.run.stopping ? stop : halt, request).catch(() => {});
    }
  }

  private wanted(): string {
    if (this.run.stopping) return 'stop';
    if (this.run.haltWanted === null || this.plan.isHalted) return '';
    return this.run.forced ? 'cut' : 'halt';
  }
}

/** A run of the plan's own repository, branch and settings, with the time and the budget that are left. */
function inputOf({ input, state }: Run, plan: Plan, target: GatedTarget): RunInput {
  const { settings, mode, options, id } = plan.input;
  const { records } = plan;
  const began = records.find(({ id: name }) => name === target.name)?.began;
  const builtOn = records.findLast(({ completed }) => completed)?.commit;
  const left = records.findLast(({ commit }) => commit !== null)?.commit;
  const gated: GatedInput = {
    id: sprintRunId(id, target.name),
    target,
    settings,
    mode,
    options: { ...options, timeout_hours: plan.hoursLeft },
    allowHigh: plan.allowHigh,
    ...(plan.rate === null ? {} : { rate: plan.rate }),
    deletedBefore: plan.deletedBefore(target.name),
    ...(began == null ? {} : { began }),
    ...(builtOn == null ? {} : { builtOn }),
    ...(left == null ? {} : { left }),
  };
  const spent = state.tasks.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const { taskUsd, runUsd } = state.budget;
  const budgets = { budgetUsd: taskUsd, runBudgetUsd: runUsd === null ? null : Math.max(0, runUsd - spent) };
  const { plan: _plan, ...rest } = input;
  return {
    ...rest,
    type: 'gated',
    tasks: [taskOf(target, plan.branch)],
    settings: { ...input.settings, agent: { ...input.settings.agent, ...budgets } },
    gated,
  };
}
