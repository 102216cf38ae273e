import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { TestRun } from '../../domain/gated/body-parts.ts';
import {
  type PushAnswer,
  pushAnswer,
  pushedCompletion,
  pushHint,
  pushSummary,
  remotePlan,
} from '../../domain/gated/push-mode.ts';
import type { Ask, Question } from '../../domain/gated/run-input.ts';
import type { Completion, PushMode } from '../../domain/gated/state.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { failureOf } from '../activities.ts';
import { type Run, RunStopped } from '../run.ts';
import { reportLeft } from '../task-reports.ts';
import { HostMoved, type Tools } from '../tools.ts';
import type { TrackerWrites } from '../tracker-writes.ts';
import { step, type Timed } from './step.ts';

/** A target or a plan, as far as its way to the remote is concerned. */
export interface Deliverable extends Timed {
  readonly branch: string;
  /** What the branch stands on. */
  readonly tip: string;
  readonly pushMode: PushMode;
  readonly commits: number;
  readonly files: number;
  /** What a person is asked; null: nothing. */
  readonly asked: Question | null;
  ask(question: Ask | null, take?: (value: string) => void): void;
  /** Time in which a person is waited for. */
  outsideOfTime<T>(waiting: Promise<T>): Promise<T>;
}

/** What may lose its host, and with it what has not been pushed. */
export interface Movable {
  /** The remote has what the branch stands on. */
  readonly isDelivered: boolean;
  arrived(commit: string): void;
  /** Answers how many hosts that makes. */
  hostLost(): number;
}

/** What is pushed. */
export type Tip = Pick<Deliverable, 'branch' | 'tip' | keyof Timed> & Partial<Movable>;

interface Means {
  readonly run: Run;
  readonly tools: Tools;
  readonly writes: TrackerWrites;
}

/** What a person is told of what would be pushed. */
export type Summed = Pick<Deliverable, 'branch' | 'commits' | 'files'>;

/** In PROMPT mode what a person says; null in the others. `halted`: they halt the run instead. */
export async function answerTo(
  run: Run,
  work: Deliverable,
  { branch, commits, files }: Summed = work,
): Promise<PushAnswer | 'halted' | null> {
  if (remotePlan(work.pushMode, null, true).kind !== 'ask') return null;
  const text = `Push this work and open a draft pull request?\n${pushSummary(branch, commits, files)}`;
  const said = await askPerson(run, work, { id: 'push', text, answers: ['push', 'keep'] });
  return said === null ? 'halted' : pushAnswer(said);
}

/** How a person pushes themselves what stays here; said once. */
export function hintAt(run: Run, source: string): void {
  const { remote } = run.input;
  const hint = remote === null ? null : `to push it: ${pushHint(remote, source)}`;
  if (hint !== null && !run.state.warnings.includes(hint)) run.warn(hint);
}

/** What a person answers; null: they halt the run instead. */
export async function askPerson(
  run: Run,
  work: Pick<Deliverable, 'ask' | 'isHalted' | 'outsideOfTime'>,
  question: Ask,
): Promise<string | null> {
  let said: string | null = null;
  work.ask(question, (value) => {
    said = value;
  });
  const wanted = question.answers.length > 0 ? `: ${question.answers.join(' or ')}` : '';
  run.change({ waiting: { reason: `an answer${wanted}`, until: null } });
  const isOver = () => said !== null || run.stopping;
  // The clock of a halted run stands anyway.
  try {
    if (work.isHalted) await condition(isOver);
    else await work.outsideOfTime(condition(() => isOver() || run.haltWanted !== null));
  } finally {
    run.change({ waiting: null });
    work.ask(null);
  }
  await run.checkpoint();
  return said;
}

/** Pushes the work, to its branch or to `head`, and leaves one draft with that text; null: none. */
export async function delivered(
  means: Pick<Means, 'run' | 'tools'>,
  work: Tip,
  pull: PullText | null,
): Promise<Completion> {
  const isPushed = means.run.input.remote !== null;
  if (isPushed) await pushTip(means, work);
  const completion = pull === null ? pushedCompletion(null) : await drafted(means, work, pull);
  return { ...completion, pushed: isPushed };
}

/** Leaves one draft for the branch, with that text. */
export async function drafted(
  { run, tools }: Pick<Means, 'run' | 'tools'>,
  work: Timed & { readonly branch: string },
  pull: PullText,
): Promise<Completion> {
  const { branch } = work;
  const { isTheirs = false, ...draft } = await step(run, work, `draft for ${branch}`, (summary) =>
    tools.tracker.openDraft.executeWithOptions({ summary }, [run.context, { branch, ...pull }]),
  );
  const [task] = run.input.tasks;
  run.change({ pr: draft });
  const theirs = `pull request #${draft.number} is a person's: its title and body stay as they are, a comment says the rest`;
  if (isTheirs && !run.state.warnings.includes(theirs)) run.warn(theirs);
  if (task) run.update(task.issue, { pr: draft.number, prUrl: draft.url });
  return pushedCompletion(draft.url);
}

/** How long a halted run's draft may take before the run shows that it is halted. */
const patienceMs = 20_000;

/** Halts, with an incomplete draft where the push mode makes one, until somebody resumes. */
export async function standHalted(
  run: Run,
  work: Deliverable & Partial<Movable>,
  reason: string,
  incomplete: () => Promise<void>,
): Promise<void> {
  run.beginHalt(reason);
  const scope = new CancellationScope();
  const delivering = scope.run(incomplete).catch((error: unknown) => {
    if (isCancellation(error) || error instanceof RunStopped) return;
    if (error instanceof HostMoved) work.hostLost?.();
    run.warn(`the incomplete draft could not be made: ${failureOf(error).message}`);
  });
  // Who is asked must not be kept waiting for their own answer.
  const isEnough = () => work.asked !== null || run.haltWanted === null || run.stopping;
  const over = async () => {
    await Promise.race([delivering, condition(isEnough, patienceMs)]);
    await run.stayHalted();
  };
  try {
    await work.outsideOfTime(over());
  } finally {
    scope.cancel();
    await delivering;
    work.ask(null);
  }
}

/** Pushes what the branch stands on. */
export async function pushTip({ run, tools }: Pick<Means, 'run' | 'tools'>, work: Tip): Promise<void> {
  const { branch, tip: commit } = work;
  try {
    await step(run, work, `push ${branch}`, (summary) =>
      tools.onHost(({ host }) => host.pushBranch.executeWithOptions({ summary }, [run.context, { branch, commit }])),
    );
  } catch (error) {
    // What has arrived before is there, whatever became of the host.
    if (!(error instanceof HostMoved) || !work.isDelivered) throw error;
    work.hostLost?.();
  }
  work.arrived?.(commit);
}

/** It ended with 0 on the commit of each cycle, or the cycle would have failed; a commit of anything else was not tested. */
export function testsOf({ input }: Run, isTested = true): TestRun[] {
  const { verify } = input.settings.agent;
  return verify === null || !isTested ? [] : [{ command: verify.join(' '), exit_code: 0 }];
}

/** Of work whose draft is open; where there is none, nobody works on them any more. */
export function markInReview({ run, tools, writes }: Means, issues: readonly number[]): void {
  if (!run.input.settings.agent.autoLabel) return;
  if (run.state.pr === null) {
    for (const issue of issues) reportLeft(run, tools, writes, issue);
    return;
  }
  for (const issue of issues)
    writes.add(issue, () =>
      tools.tracker.markInReview.executeWithOptions({ summary: `#${issue} in review` }, [run.context, { issue }]),
    );
}
