import { ApplicationFailure } from '@temporalio/workflow';
import type { BranchFacts, GatedContext } from '../../activities/gated/contract.ts';
import { type Clock, timeLeftMs } from '../../domain/gated/breaker.ts';
import { grownBy, withDeletions } from '../../domain/gated/deletions.ts';
import { countFixed } from '../../domain/gated/identity.ts';
import { resumeLoop } from '../../domain/gated/loop.ts';
import { type LoopState, newLoop } from '../../domain/gated/loop-state.ts';
import { tellable } from '../../domain/gated/prompt-parts.ts';
import { type GatedInput, issuesOf, newTargetState } from '../../domain/gated/run-input.ts';
import type {
  BreakerState,
  Completion,
  Finding,
  Gate,
  PushMode,
  RunStateName,
  TargetState,
} from '../../domain/gated/state.ts';
import { type EntryPhase, moveTo } from '../../domain/gated/transitions.ts';
import { Bug } from '../bug/bug.ts';
import type { Run } from '../run.ts';
import type { Deliverable } from './delivery.ts';
import type { Steerable } from './steer.ts';
import { Told } from './told.ts';

/** What a gated run knows of its target, and shows. */
export class Target extends Told implements Deliverable, Steerable {
  readonly input: GatedInput;
  readonly issue: number;
  loop: LoopState;
  /** Where an earlier run of it began, whose work its first cycle has on the branch; null: there was none. */
  began: string | null = null;
  /** Both gates have approved what is on the branch. */
  passed = false;
  /** Where the branch stood when this cycle began. */
  since = '';
  /** Where the target is one. */
  readonly bug: Bug | null;
  allowHigh: boolean;
  /** Issues whose locks it has. */
  readonly held = new Set<number>();
  private readonly run: Run;
  private view: TargetState;
  private lastFindings: Readonly<Record<Gate, readonly Finding[]>> = { review: [], audit: [] };
  private restored: readonly string[] = [];

  constructor(run: Run) {
    super();
    const { gated, branch, tasks } = run.input;
    const [task] = tasks;
    if (!gated || !branch || !task)
      throw ApplicationFailure.nonRetryable('a gated run has a target, a branch and a task');
    this.run = run;
    this.input = gated;
    this.issue = task.issue;
    this.allowHigh = gated.allowHigh;
    const { settings, options, target, mode } = gated;
    this.bug = target.kind === 'bug' ? new Bug(target, mode, this.now()) : null;
    const limits = { ...settings.limits, maxCycles: options.max_cycles, timeoutHours: options.timeout_hours };
    this.loop = newLoop(limits, settings.callsPerHour, this.now(), gated.rate);
    this.view = newTargetState(gated, branch, this.now());
    this.show();
  }

  get state(): TargetState {
    return this.view;
  }

  get stateName(): RunStateName {
    return this.view.state;
  }

  get breaker(): BreakerState {
    return this.loop.breaker;
  }

  get branch(): string {
    return this.view.branch;
  }

  get pushMode(): PushMode {
    return this.view.options.push_mode;
  }

  get commits(): number {
    return this.view.metrics.commits;
  }

  get files(): number {
    return this.view.metrics.files_changed;
  }

  get isHalted(): boolean {
    return this.view.state === 'HALTED';
  }

  /** What its activities are given. */
  get context(): GatedContext {
    const { id, target, mode, settings } = this.input;
    const { bug, allowHigh } = this;
    return { id, target: bug?.target ?? target, mode, allowHigh, guardrails: settings.guardrails };
  }

  /** Issues that its work belongs to. */
  get issues(): readonly number[] {
    return issuesOf(this.input.target);
  }

  /** The commit that the branch stands on. */
  get tip(): string {
    const { commit, startCommit } = this.run.task(this.issue);
    return commit ?? startCommit ?? '';
  }

  get clock(): Clock {
    return { now: this.now(), excludedMs: this.excludedMs };
  }

  /** Milliseconds until the timeout; null: none holds. */
  get timeLeft(): number | null {
    return timeLeftMs(this.loop.breaker, this.clock);
  }

  set(loop: LoopState): void {
    if (loop.cycle !== this.loop.cycle) this.since = (this.loop.cycle === 0 ? this.began : null) ?? this.tip;
    // A probe that was approved lets the time begin anew, as a reset does.
    if (loop.breaker.triggers.timeout.started !== this.loop.breaker.triggers.timeout.started) this.excludedMs = 0;
    this.loop = loop;
    this.show();
  }

  letHigh(): void {
    this.allowHigh = true;
  }

  /** What a person must be shown with the result. */
  note(text: string): void {
    if (!this.loop.notes.includes(text)) this.set({ ...this.loop, notes: [...this.loop.notes, text] });
  }

  move(to: RunStateName): void {
    this.view = { ...this.view, state: moveTo(this.view.state, to) };
    this.show();
  }

  /** Its branch is ready, or cannot be made so: from here on it can halt. */
  begun(): void {
    if (this.view.state === 'JACK_IN') this.move('RUNNING');
  }

  halted(reason: string): void {
    this.begun();
    this.view = {
      ...this.view,
      state: moveTo(this.view.state, 'HALTED'),
      halt: { reason, timestamp: this.now() },
    };
    this.show();
  }

  /** Goes on after a halt; answers the phase to enter. */
  resumed(how: 'keep' | 'reset' | 'probe'): EntryPhase {
    const { halt: _halt, ...rest } = this.view;
    this.view = { ...rest, state: moveTo(rest.state, 'RUNNING') };
    this.forgetLosses();
    const { loop, phase } = resumeLoop(this.loop, how, this.now());
    this.set(loop);
    return phase;
  }

  complete(completion: Completion): void {
    this.view = { ...this.view, completion };
    this.show();
  }

  /** The branch stands on a tree that no gate has seen. */
  unapproved(): void {
    this.passed = false;
    this.set({ ...this.loop, approvals: [], redTeamSettled: false, dissentSettled: false });
  }

  /** A cycle's commit: what the branch has become. */
  committed({ files, commits, lines, deleted, added }: BranchFacts): void {
    this.bug?.changed({ files, lines });
    this.restored = [...this.restored, ...added.filter((path) => this.input.deletedBefore?.includes(path))];
    const deletions = withDeletions(this.view.deletions, { deleted, added }, this.view.target, this.loop.cycle);
    const metrics = { ...this.view.metrics, files_changed: files, commits, files_deleted: deletions.length };
    this.view = { ...this.view, deletions, metrics };
    this.show();
  }

  /** What its validation has made of the branch. */
  grown(by: Pick<TargetState, 'metrics' | 'deletions'>): void {
    this.view = grownBy(this.view, by);
    this.show();
  }

  /** What a gate has found; its answer is what the next implementation is given, unless it approves. */
  judged(gate: Gate, findings: readonly Finding[], answer: string | null): void {
    const { metrics } = this.view;
    const fixed = metrics.findings_fixed + countFixed(this.lastFindings[gate], findings);
    this.view = { ...this.view, metrics: { ...metrics, findings_fixed: fixed } };
    this.lastFindings = { ...this.lastFindings, [gate]: findings };
    this.feedback = { ...this.feedback, [gate]: answer };
    const told = { cycle: this.loop.cycle, gate, findings: tellable(findings) };
    if (findings.length > 0) this.earlier = [...this.earlier, told].slice(-40);
    this.show();
  }

  redTeam(red_team_code: TargetState['red_team_code']): void {
    this.view = { ...this.view, red_team_code };
    this.show();
  }

  override hostLost(): number {
    if (!this.isDelivered) this.bug?.unrecorded();
    return super.hostLost();
  }

  show(): void {
    const { cycle, phase, history, breaker, notes, rate } = this.loop;
    this.view = {
      ...this.view,
      phase,
      timestamps: { ...this.view.timestamps, last_activity: this.now() },
      cycles: { ...this.view.cycles, current: cycle, history },
    };
    const { bug } = this;
    bug?.follow(this.view, breaker);
    this.run.change({
      gated: {
        ...(bug === null ? {} : { bug: bug.state }),
        run: this.view,
        circuit_breaker: breaker,
        excludedMs: this.excludedMs,
        notes,
        question: this.question,
        rate,
        restored: this.restored,
        tested: this.isTested,
        ...(this.postPr === null ? {} : { post_pr: this.postPr }),
      },
    });
  }
}
