import { sha256 } from '../sha256.ts';
import type { SingleState } from './bodies.ts';
import type { TestRun } from './body-parts.ts';
import { withSprint } from './deletions.ts';
import { gateNote, type OptionalGate } from './gate-note.ts';
import type { SprintTotals } from './plan.ts';
import { type GatedProgress, type GatedTarget, isOver, issuesOf } from './run-input.ts';
import type { Deletion } from './state.ts';

/** What a sprint has come to. A plan that is started again on its branch is given those of the plan before it. */
export interface SprintRecord extends SprintTotals {
  /** `sprint-N`. */
  readonly id: string;
  /** Of its latest run, `run-…`; null: an earlier build did not keep it. */
  readonly run_id: string | null;
  /** Of what its implementer is asked for. */
  readonly digest: string;
  readonly issues: readonly number[];
  /** The commit that it began at, the first time; null: none is known yet. */
  readonly began: string | null;
  /** The commit that it stands at; null: nothing that was made for it counts. */
  readonly commit: string | null;
  /** Its gates have approved that commit. */
  readonly completed: boolean;
  /** `--no-consolidate`: that commit is on the sprint's own branch, with its draft. */
  readonly drafted: boolean;
  readonly commits: number;
  /** Those that were on as its latest run worked on it. */
  readonly gates: readonly OptionalGate[];
  /** From gate-note.ts. */
  readonly notes: readonly string[];
  readonly deletions: readonly Deletion[];
  /** What sprints before it had deleted, and it has made again. */
  readonly restored: readonly string[];
  readonly tests: readonly TestRun[];
}

/** As an earlier build has left it. */
export type EarlierRecord = Omit<SprintRecord, 'run_id' | 'drafted' | 'gates'> & Partial<SprintRecord>;

/** With what it lacks: no gate is taken to have run, and no draft is opened a second time. */
export function wholeRecord(record: EarlierRecord): SprintRecord {
  return { run_id: null, drafted: record.completed, gates: [], ...record };
}

/** What the run of a sprint has told of itself. */
export interface SprintStanding {
  readonly gated: GatedProgress;
  readonly startCommit: string | null;
  readonly commit: string | null;
  readonly completed: boolean;
  readonly tests: readonly TestRun[];
  readonly gates: readonly OptionalGate[];
}

/** Of the title and the text, or the issues, which are read anew each time. */
export function digestOf(target: GatedTarget): string {
  const asked = target.kind === 'issues' ? target.issues : target.text;
  return sha256(JSON.stringify([target.kind, target.title, asked]));
}

/**
 * The record of a sprint whose run stands like this. `before`: of an earlier run of it, which it goes on from where it
 * began at the same commit; its figures are those of the branch since then, so they are not added up.
 */
export function recordOf(target: GatedTarget, now: SprintStanding, before: SprintRecord | null): SprintRecord {
  const { run, notes = [], restored = [] } = now.gated;
  const began = now.startCommit ?? before?.began ?? null;
  const earlier = before !== null && before.began === began ? before : null;
  const { files_changed, commits, findings_fixed } = run.metrics;
  const made = { files_changed, commits, notes, deletions: run.deletions, restored, tests: now.tests };
  // Until its first implementer is done it has not looked at the branch.
  const { commit, ...kept } = run.cycles.history.length > 0 || earlier === null ? { ...made, commit: null } : earlier;
  return {
    ...kept,
    notes: [...new Set([...kept.notes, ...notes])],
    id: target.name,
    run_id: run.run_id,
    digest: digestOf(target),
    issues: issuesOf(target),
    began,
    commit: now.commit ?? commit,
    completed: now.completed,
    drafted: false,
    gates: now.gates,
    cycles: run.cycles.current + (earlier?.cycles ?? 0),
    findings_fixed: findings_fixed + (earlier?.findings_fixed ?? 0),
  };
}

/** What its own draft shows of it. `opener`: the id of who opens that, where nobody knows the sprint's own run. */
export function singleStateOf(record: SprintRecord, opener: string): SingleState {
  const { id, run_id, cycles, files_changed, commits, findings_fixed, deletions } = record;
  const metrics = { files_changed, commits, findings_fixed };
  return { run_id: run_id ?? opener, target: id, cycles: { current: cycles }, metrics, deletions };
}

/** What is to be seen of it. `on`: the gates that are wanted now; one that was off as it was completed has not run on it. */
export function notesOf({ id, completed, gates, notes }: SprintRecord, on: readonly OptionalGate[]): readonly string[] {
  const missed = completed ? on.filter((gate) => !gates.includes(gate)) : [];
  return [...notes, ...missed.map((gate) => gateNote(gate, 'did_not_run', `it was off when ${id} was worked on`))];
}

/** The records with that one, which is the latest. */
export function withRecord(records: readonly SprintRecord[], record: SprintRecord): readonly SprintRecord[] {
  return [...records.filter(({ id }) => id !== record.id), record];
}

/** What they have deleted together, in their order. */
export function deletionsOf(records: readonly SprintRecord[]): readonly Deletion[] {
  return records.reduce(
    (all: readonly Deletion[], { id, deletions, restored }) => withSprint(all, { target: id, deletions }, restored),
    [],
  );
}

/** What was run as tests on that commit; on what came before it says nothing of it. */
export function testsOn(commit: string | null, records: readonly SprintRecord[]): readonly TestRun[] {
  const isOn = (record: SprintRecord) => record.commit === commit && record.tests.length > 0;
  return commit === null ? [] : (records.findLast(isOn)?.tests ?? []);
}

export interface TakenOver {
  readonly records: readonly SprintRecord[];
  /** Why a sprint is worked on anew, a sentence for each. */
  readonly warnings: readonly string[];
}

/** Of the commits of the records, those that the branch has, and those that its base has: no draft can be opened of them. */
interface FoundOn {
  readonly branch: string;
  readonly held: readonly string[];
  readonly merged?: readonly string[];
}

/**
 * What a plan goes on with: what was made for a sprint counts where it is on the branch and the sprint still asks for the
 * same. Of other sprints the records are kept as they are, for a plan of those.
 */
export function takenOver(
  records: readonly SprintRecord[],
  sprints: readonly GatedTarget[],
  { branch, held, merged = [] }: FoundOn,
): TakenOver {
  const warnings: string[] = [];
  const kept = records.map((record) => {
    const target = sprints.find(({ name }) => name === record.id);
    if (target === undefined || record.commit === null) return record;
    const isHeld = held.includes(record.commit);
    const isMerged = merged.includes(record.commit);
    if (isHeld && asksTheSame(record, target, isMerged)) return { ...record, drafted: record.drafted || isMerged };
    if (isOver(target)) {
      const begun = `what was begun for it is on ${branch}, and no gate has approved it`;
      if (isHeld) warnings.push(`${record.id} counts as completed, as its issues were closed: ${begun}`);
      return { ...unmade(record), issues: [] };
    }
    const what = record.completed ? 'was completed before and runs again' : 'had begun before and begins anew';
    const lost = `its commit ${record.commit.slice(0, 7)} is not on ${branch}`;
    warnings.push(`${record.id} ${what}: ${isHeld ? 'what it asks for has changed' : lost}`);
    return unmade(record);
  });
  return { records: kept, warnings };
}

/** Issues of a completed sprint that were closed since ask for nothing more; one that is open after the merge does. */
function asksTheSame(record: SprintRecord, target: GatedTarget, isMerged: boolean): boolean {
  if (record.digest === digestOf(target)) return true;
  if (!record.completed || target.kind !== 'issues' || (isMerged && !isOver(target))) return false;
  return target.issues.every((issue) => record.issues.includes(issue));
}

/** Only where it began still counts: what of it is on the branch all the same is looked at again as its work. */
function unmade(record: SprintRecord): SprintRecord {
  const nothing = { notes: [], deletions: [], restored: [], tests: [] };
  const none = { cycles: 0, files_changed: 0, findings_fixed: 0, commits: 0 };
  return { ...record, ...nothing, ...none, commit: null, completed: false, drafted: false };
}
