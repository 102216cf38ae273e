import { type ChildWorkflowHandle, condition, ParentClosePolicy, setHandler, startChild } from '@temporalio/workflow';
import { gateNote } from '../../domain/gated/gate-note.ts';
import { halted, resumed } from '../../domain/gated/post-pr.ts';
import { newValidation, phaseTimeouts } from '../../domain/gated/post-pr-input.ts';
import type { PostPrState } from '../../domain/gated/post-pr-state.ts';
import { type GatedInput, taskOf } from '../../domain/gated/run-input.ts';
import type { Completion, TargetState } from '../../domain/gated/state.ts';
import type { RunInput, RunState } from '../../domain/run.ts';
import { failureOf } from '../activities.ts';
import { halt, postPrChanged, stop, workflowTypes } from '../messages.ts';
import type { postPr } from '../post-pr.ts';
import type { Run } from '../run.ts';

export const noDraft = gateNote('post_pr', 'skipped', 'there is no pull request');

/** A target or a plan whose draft is open, as far as its validation is concerned. */
export interface Validatable {
  readonly branch: string;
  /** What the draft shows. */
  readonly tip: string;
  readonly postPr: PostPrState | null;
  validating(state: PostPrState): void;
}

export interface Draft {
  readonly gated: GatedInput;
  readonly completion: Completion;
  /** The commit that the run's work began at. */
  readonly start: string;
  readonly cycle: number;
}

/** What has become of the work: `commit` is what the branch stands on now, `pushed` where that is also on the remote. */
export interface ValidationEnd {
  readonly state: PostPrState;
  readonly commit: string;
  readonly pushed: boolean;
  /** What fix steps have made of the branch; null: there was none. */
  readonly branch: Pick<TargetState, 'metrics' | 'deletions'> | null;
}

/** Validates an open draft in a workflow of its own, from where an earlier one has halted. Told to halt or stop, it is told. */
export async function validated(run: Run, work: Validatable, draft: Draft): Promise<ValidationEnd> {
  const { tip } = work;
  const at = new Date(Date.now()).toISOString();
  const url = draft.completion.pr_url ?? '';
  const state = work.postPr ? resumed(work.postPr, at) : newValidation(draft.gated, { url, branch: work.branch }, at);
  work.validating(state);
  if (state.state === 'READY_FOR_HITL') return { state, commit: tip, pushed: true, branch: null };
  const [task] = run.state.tasks;
  let isOver = false;
  setHandler(postPrChanged, (news) => {
    // What an earlier part of it has told may come late.
    if (isOver || news.state.timestamps.last_activity < at) return;
    work.validating(news.state);
    if (!task) return;
    const attempts = task.attempts + news.task.attempts;
    run.update(task.issue, { attemptId: news.task.attemptId ?? task.attemptId, phase: news.task.phase, attempts });
    run.change({ waiting: news.waiting });
  });
  const ended = (result: PostPrState, end: RunState | null): ValidationEnd => {
    isOver = true;
    work.validating(result);
    if (end) take(run, end);
    run.change({ waiting: null });
    const commit = end?.tasks[0]?.commit ?? tip;
    const pushed = commit === tip || result.fix_commits?.at(-1) === commit;
    return { state: result, commit, pushed, branch: commit === tip ? null : (end?.gated?.run ?? null) };
  };
  try {
    const handle = await startChild<typeof postPr>(workflowTypes.postPr, {
      workflowId: `${run.input.runId}/post-pr`,
      args: [inputOf(run, draft, { state, tip, branch: work.branch })],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `validation of the draft of ${work.branch}`.slice(0, 200),
    });
    void tellItsCourse(run, handle, () => isOver);
    const end = await handle.result();
    return ended(end.gated?.post_pr ?? state, end);
  } catch (error) {
    // Ended from outside: the phase that was recorded runs again.
    const why = `the validation ended: ${failureOf(error).message}`;
    return ended(halted(work.postPr ?? state, 'user_interrupt', at, { detail: why }), null);
  }
}

/** A run of the work's own repository, branch and settings, with the budget that is left. */
function inputOf(
  { input, state: { tasks, budget, hostId } }: Run,
  { gated, completion, start, cycle }: Draft,
  { state, tip, branch }: { readonly state: PostPrState; readonly tip: string; readonly branch: string },
): RunInput {
  const spent = tasks.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const left = (usd: number | null) => (usd === null ? null : Math.max(0, usd - spent));
  const budgets = { budgetUsd: left(budget.taskUsd), runBudgetUsd: left(budget.runUsd) };
  const { plan: _plan, ...rest } = input;
  return {
    ...rest,
    type: 'gated',
    // Whatever the work is, what is mended is a fix.
    tasks: [{ ...taskOf(gated.target, branch), commitType: 'fix', committed: { start, commit: tip } }],
    settings: { ...input.settings, agent: { ...input.settings.agent, ...budgets } },
    gated,
    postPr: { state, cycle, completion, hostId, timeoutS: phaseTimeouts },
  };
}

function take(run: Run, { tasks, warnings }: RunState): void {
  const [own] = run.state.tasks;
  const [its] = tasks;
  if (own && its) run.update(own.issue, { costUsd: own.costUsd + its.costUsd });
  for (const warning of warnings) run.warn(warning);
}

/** Tells it each halt and stop of its run. */
async function tellItsCourse(
  run: Run,
  handle: ChildWorkflowHandle<typeof postPr>,
  isOver: () => boolean,
): Promise<void> {
  const wanted = () => {
    if (run.stopping) return 'stop';
    if (run.haltWanted === null) return '';
    return run.forced ? 'cut' : 'halt';
  };
  for (let told = ''; ; ) {
    await condition(() => isOver() || (wanted() !== '' && wanted() !== told));
    if (isOver()) return;
    told = wanted();
    const request = { reason: run.haltWanted ?? 'its run was stopped', force: run.forced };
    // One that ends in the same moment cannot be told any more, and need not.
    await handle.signal(run.stopping ? stop : halt, request).catch(() => {});
  }
}
