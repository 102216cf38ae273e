import type { FoundCommits } from '../../activities/gated/contract.ts';
import type { TestRun } from '../../domain/gated/body-parts.ts';
import { optionalGates } from '../../domain/gated/gate-note.ts';
import { type SprintTotals, sprintsTakenOver } from '../../domain/gated/plan.ts';
import type { PostPrState } from '../../domain/gated/post-pr-state.ts';
import type { GatedProgress, PlanInput } from '../../domain/gated/run-input.ts';
import {
  deletionsOf,
  notesOf,
  recordOf,
  type SprintRecord,
  takenOver,
  testsOn,
  withRecord,
} from '../../domain/gated/sprint-record.ts';
import type { Deletion, PlanState } from '../../domain/gated/state.ts';
import type { TaskState } from '../../domain/run.ts';
import { Asking } from '../gated/asking.ts';
import { testsOf } from '../gated/delivery.ts';
import type { Run } from '../run.ts';

/** What a plan has of each sprint: of earlier plans on its branch, of those that are over, of the one that it is at. */
export abstract class Recorded extends Asking {
  abstract readonly input: PlanInput;
  abstract readonly branch: string;
  protected abstract readonly run: Run;
  protected abstract view: PlanState;
  /** The validation of its one draft, once it has begun. */
  postPr: PostPrState | null = null;
  protected tipSoFar: string | null = null;
  /** Also of sprints that this plan leaves out, for one that does not. */
  protected known: readonly SprintRecord[] = [];
  /** Commits of theirs that the base has. */
  private merged: readonly string[] = [];
  /** What there was of the sprint that it is at when its run began. */
  private before: SprintRecord | null = null;
  /** Why sprints are worked on that the plan before it had worked on. */
  private doneAnew: readonly string[] = [];

  /** Of its own sprints, the latest last. */
  get records(): readonly SprintRecord[] {
    return this.known.filter(({ id }) => this.input.sprints.some(({ name }) => name === id));
  }

  /** The base has what its branch stands on: nothing is left that a draft could show. */
  get isMerged(): boolean {
    return this.tipSoFar !== null && this.merged.includes(this.tipSoFar);
  }

  get commits(): number {
    return this.records.reduce((sum, { commits }) => sum + commits, 0);
  }

  get notes(): readonly string[] {
    return [...this.doneAnew, ...this.noted.flatMap(({ id, notes }) => notes.map((note) => `${id}: ${note}`))];
  }

  /** What is to be seen of each of its sprints. */
  get noted(): readonly { readonly id: string; readonly notes: readonly string[] }[] {
    return this.records.map((record) => ({ id: record.id, notes: this.notesOn(record) }));
  }

  notesOn(record: SprintRecord): readonly string[] {
    return notesOf(record, optionalGates(this.input.settings));
  }

  get deletions(): readonly Deletion[] {
    return deletionsOf(this.records);
  }

  /** On what its branch stands on. */
  get tests(): readonly TestRun[] {
    const { tipSoFar: tip, postPr } = this;
    return tip !== null && postPr?.verified === tip ? testsOf(this.run) : testsOn(tip, this.records);
  }

  get issues(): readonly number[] {
    return [...new Set(this.records.flatMap(({ issues }) => issues))];
  }

  recordOf(id: string): SprintRecord | null {
    return this.records.find((record) => record.id === id) ?? null;
  }

  /** With what earlier runs of it have come to. */
  protected totalsOf(id: string): SprintTotals {
    const { cycles = 0, files_changed = 0, findings_fixed = 0 } = this.recordOf(id) ?? {};
    return { cycles, files_changed, findings_fixed };
  }

  /** What sprints other than this one have deleted. */
  deletedBefore(id: string): readonly string[] {
    return deletionsOf(this.records.filter((record) => record.id !== id)).map(({ path }) => path);
  }

  /** What the plan before it has come to, as far as it still holds. */
  takeOver(found: FoundCommits): void {
    const { branch, known } = this;
    const { records, warnings } = takenOver(known, this.input.sprints, { branch, ...found });
    this.known = records;
    this.merged = found.merged ?? [];
    this.doneAnew = warnings;
    for (const warning of warnings) this.run.warn(warning);
    const done = this.records.filter(({ completed }) => completed).map(({ id }) => ({ id, ...this.totalsOf(id) }));
    this.view = sprintsTakenOver(this.view, done, this.now());
    this.tipSoFar = this.records.findLast(({ commit }) => commit !== null)?.commit ?? null;
    this.show();
  }

  /** Its own branch and draft are there. */
  draftedOwn({ id }: SprintRecord): void {
    this.known = this.known.map((record) => (record.id === id ? { ...record, drafted: true } : record));
    this.show();
  }

  /** Its run is about to begin. */
  begins(id: string): void {
    this.before = this.recordOf(id);
  }

  protected record(gated: GatedProgress, task: TaskState | undefined, completed: boolean): void {
    const target = this.input.sprints.find(({ name }) => name === gated.run.target);
    if (!target) return;
    const { startCommit = null, commit = null } = task ?? {};
    this.tipSoFar = commit ?? this.tipSoFar;
    const tests = testsOf(this.run, gated.tested ?? false);
    const gates = optionalGates(this.input.settings);
    const standing = { gated, startCommit, commit, completed, tests, gates };
    this.known = withRecord(this.known, recordOf(target, standing, this.before));
  }
}
