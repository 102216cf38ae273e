import { bugBreaker } from '../../domain/gated/breaker.ts';
import { type BugState, type BugStateName, haltBug, moveBug, newBug, resumeBug } from '../../domain/gated/bug-state.ts';
import { confidenceOf } from '../../domain/gated/confidence.ts';
import type { BugTarget } from '../../domain/gated/run-input.ts';
import type { BreakerState, Mode, TargetState } from '../../domain/gated/state.ts';
import { type NeededField, withAnswer } from '../../domain/gated/triage.ts';
import type { Triage } from '../../domain/gated/triage-record.ts';

/** What a person has said to one question of the triage. */
export interface Said {
  readonly field: NeededField | null;
  readonly question: string;
  readonly answer: string;
}

/** What a bug's run knows of it beside what it knows of every target. */
export class Bug {
  said: readonly Said[] = [];
  /** What a person said to whether it is a bug; null: nobody was asked. */
  confirmed: boolean | null = null;
  /** What its triage has found, once that is accepted. */
  triage: Triage | null = null;
  /** A person has let it go on although its risk is high. */
  isLet = false;
  /** The commit that records the triage; what the fix is compared with. */
  base: string | null = null;
  private readonly told: BugTarget;
  private document: string | null = null;
  private view: BugState;

  constructor(told: BugTarget, mode: Mode, now: string) {
    this.told = told;
    this.view = newBug({ bug_id: told.name, bug_title: told.title, sprint_id: '', mode }, now);
  }

  get state(): BugState {
    return this.view;
  }

  /** What its roles work on: the bug as it was told, and its micro-sprint from when that is there. */
  get target(): BugTarget {
    if (this.document === null) return this.told;
    return { ...this.told, sprint: { id: this.view.sprint_id, document: this.document } };
  }

  named(sprint: string): void {
    this.view = { ...this.view, sprint_id: sprint };
  }

  /** What was found out, with what people have said. */
  withAnswers(triage: Triage): Triage {
    return this.said.reduce((so, { field, answer }) => (field === null ? so : withAnswer(so, field, answer)), triage);
  }

  accepted(triage: Triage): void {
    this.triage = triage;
    this.view = { ...this.view, confidence: confidenceOf(triage) };
  }

  /** What people have said was not enough: they are asked anew. */
  rejected(): void {
    this.said = [];
    this.confirmed = null;
  }

  recorded(commit: string, document: string): void {
    this.base = commit;
    this.document = document;
  }

  /** Its record is to be left on the branch again. */
  unrecorded(): void {
    this.base = null;
  }

  changed(change: { readonly files: number; readonly lines: number }): void {
    if (this.triage !== null) this.view = { ...this.view, confidence: confidenceOf(this.triage, change) };
  }

  /** Its own state, after the target's. */
  follow(target: TargetState, breaker: BreakerState): void {
    const now = target.timestamps.last_activity;
    const { state } = this.view;
    const isResumed = state === 'HALTED' && target.state !== 'HALTED';
    const bug = isResumed ? resumeBug(this.view, now).bug : this.view;
    const halted = target.state === 'HALTED' && target.halt ? haltBug(bug, target.halt.reason, now).bug : bug;
    const wanted = this.wanted(target);
    const moved = wanted === null || wanted === halted.state ? halted : moveBug(halted, wanted, now).bug;
    this.view = { ...moved, circuit_breaker: bugBreaker(breaker) };
  }

  /** null: it stays where it is. */
  private wanted({ state, phase }: TargetState): BugStateName | null {
    if (state === 'JACKED_OUT') return 'COMPLETED';
    if (state !== 'RUNNING' || this.triage === null) return null;
    if (phase === 'IMPLEMENT') return 'IMPLEMENTING';
    if (phase === 'REVIEW') return 'REVIEWING';
    return phase === 'AUDIT' ? 'AUDITING' : null;
  }
}
