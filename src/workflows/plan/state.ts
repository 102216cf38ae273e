import { ApplicationFailure } from '@temporalio/workflow';
import {
  newPlan,
  nextSprint,
  planHalted,
  planMoved,
  sprintCompleted,
  sprintHalted,
  sprintOver,
  sprintProgressed,
  sprintStarted,
} from '../../domain/gated/plan.ts';
import type { PostPrState } from '../../domain/gated/post-pr-state.ts';
import type { RateState } from '../../domain/gated/rate.ts';
import { type GatedProgress, isOver, type PlanInput } from '../../domain/gated/run-input.ts';
import { wholeRecord } from '../../domain/gated/sprint-record.ts';
import type { BreakerState, Completion, PlanState, PushMode, RunStateName } from '../../domain/gated/state.ts';
import type { TaskState } from '../../domain/run.ts';
import type { Deliverable } from '../gated/delivery.ts';
import type { Steerable } from '../gated/steer.ts';
import type { SprintNews } from '../messages.ts';
import type { Run } from '../run.ts';
import { PlanTime } from './time.ts';

/** What a plan knows of its sprints, and shows. */
export class Plan extends PlanTime implements Deliverable, Steerable {
  readonly input: PlanInput;
  readonly branch: string;
  allowHigh: boolean;
  /** Its finished draft is open. */
  drafted = false;
  protected readonly run: Run;
  protected view: PlanState;
  /** Of the sprint that it is at; null between two of them. */
  private current: GatedProgress | null = null;
  /** Of the last sprint there was. */
  private latest: GatedProgress | null = null;

  constructor(run: Run) {
    const { plan, branch } = run.input;
    if (!plan || !branch) throw ApplicationFailure.nonRetryable('a plan has sprints and a branch');
    super({ ...plan.settings.limits, timeoutHours: plan.options.timeout_hours });
    this.run = run;
    this.input = plan;
    this.branch = branch;
    this.allowHigh = plan.allowHigh;
    this.known = (plan.earlier ?? []).map(wholeRecord);
    const { id, sprints, from, to, options } = plan;
    this.view = newPlan(
      {
        plan_id: id,
        branch,
        sprints: sprints.map(({ name }) => name),
        options: { from, to, max_cycles: options.max_cycles, timeout_hours: options.timeout_hours },
      },
      this.now(),
    );
    for (const { name } of sprints.filter(isOver)) this.view = sprintOver(this.view, name, this.now());
    this.show();
  }

  get state(): PlanState {
    return this.view;
  }

  get stateName(): RunStateName {
    return this.view.state;
  }

  /** Of the sprint that it is at, or its own. */
  get breaker(): BreakerState {
    return this.current?.circuit_breaker ?? this.own;
  }

  get tip(): string {
    return this.tipSoFar ?? '';
  }

  get pushMode(): PushMode {
    return this.input.options.push_mode;
  }

  /** A file that two sprints change counts twice. */
  get files(): number {
    return this.view.metrics.total_files_changed;
  }

  /** Of all its sprints: what the next one goes on with. null: nothing has run yet. */
  get rate(): RateState | null {
    return this.latest?.rate ?? null;
  }

  get isHalted(): boolean {
    return this.view.state === 'HALTED';
  }

  get next(): string | null {
    return nextSprint(this.view);
  }

  /** A halted sprint does not count that time itself, and tells of it. */
  override outsideOfTime<T>(waiting: Promise<T>): Promise<T> {
    return this.current?.run.state === 'HALTED' ? waiting : super.outsideOfTime(waiting);
  }

  letHigh(): void {
    this.allowHigh = true;
  }

  started(id: string): void {
    this.view = sprintStarted(this.view, id, this.now());
    this.show();
  }

  /** What the sprint's own run tells of itself. */
  heard({ sprint, gated, task, hostId, waiting }: SprintNews): void {
    this.follow(gated);
    this.record(gated, task, false);
    const { issue } = this.run.input.tasks[0] ?? task;
    this.run.update(issue, { attemptId: task.attemptId, attempts: task.attempts, phase: task.phase });
    this.run.change({ hostId, waiting });
    this.view = sprintProgressed(this.view, sprint, this.totalsOf(gated.run.target), this.now());
    this.show();
  }

  completed(id: string, gated: GatedProgress, task: TaskState | undefined): void {
    this.follow(gated);
    this.record(gated, task, true);
    this.view = sprintCompleted(this.view, id, this.totalsOf(gated.run.target), this.now());
    this.leave();
    this.show();
  }

  /** The sprint's run has ended without being complete; another one goes on from there. */
  gone(): void {
    this.leave();
    this.show();
  }

  /** In a sprint, or before the one that is next. */
  halted(id: string, reason: string): void {
    const { current, view } = this;
    this.view =
      current === null
        ? planHalted(view, id, reason, this.now())
        : sprintHalted(view, id, { ...this.totalsOf(current.run.target), reason }, this.now());
    this.show();
  }

  complete(completion: Completion): void {
    this.view = { ...this.view, completion };
    this.show();
  }

  validating(state: PostPrState): void {
    this.postPr = state;
    this.show();
  }

  /** Validation has added to the branch. */
  arrived(commit: string): void {
    this.tipSoFar = commit;
  }

  move(state: RunStateName): void {
    this.view = planMoved(this.view, state, this.now());
    this.show();
  }

  show(): void {
    const { view: plan, latest, question, postPr } = this;
    const excludedMs = this.excludedMs + (this.current?.excludedMs ?? 0);
    const validation = postPr === null ? {} : { post_pr: postPr };
    // After the last one, what it was at stays in sight; so it does while the plan's own breaker is what people must know.
    const isOwn = this.own.state !== 'CLOSED';
    const last = latest && isOwn ? { ...latest, circuit_breaker: this.own } : latest;
    const current = this.current ?? (this.next === null || isOwn ? last : null);
    const breaker = current === null && isOwn ? { breaker: this.own } : {};
    this.run.change({ plan: { plan, current, ...breaker, question, excludedMs, records: this.known, ...validation } });
  }

  private leave(): void {
    this.excludedMs += this.current?.excludedMs ?? 0;
    this.current = null;
  }

  private follow(gated: GatedProgress): void {
    const before = this.current?.circuit_breaker.triggers.timeout.started;
    const { started } = gated.circuit_breaker.triggers.timeout;
    // The breaker was reset, and with it the plan's time.
    if (before !== undefined && before !== started) this.timeAnew(started);
    this.current = gated;
    this.latest = gated;
  }
}
