import type { TaskSpec } from '../run.ts';
import type { Provider } from '../settings.ts';
import { sha256 } from '../sha256.ts';
import type { BugState } from './bug-state.ts';
import { noCompletion } from './push-mode.ts';
import type { RateState } from './rate.ts';
import type { GatedSettings } from './settings.ts';
import type { EarlierRecord, SprintRecord } from './sprint-record.ts';
import type { Mode, Role, TargetState } from './state.ts';
import type { PlanView, RunView } from './status-view.ts';

/** What a gated run carries beside what every run does. */
export interface GatedInput {
  /** `run-YYYYMMDD-<8 hex>`, for people; the workflow's id is the lock. */
  readonly id: string;
  readonly target: GatedTarget;
  readonly settings: GatedSettings;
  readonly mode: Mode;
  readonly options: TargetState['options'];
  readonly allowHigh: boolean;
  /** Paths that the sprints before it, in a plan, have deleted. */
  readonly deletedBefore?: readonly string[];
  /** The phases that they have started: the hour is the plan's. */
  readonly rate?: RateState;
  /** Where an earlier run of this sprint began: what came to the branch since is its work. */
  readonly began?: string;
  /** Where the sprint before it ended: work on anything else would leave that out. */
  readonly builtOn?: string;
  /** The latest commit that the plan knows of its branch: none of them is made anew. */
  readonly left?: string;
}

/** `name`: `sprint-N`, `issue-N`, or the id of a bug. */
export type GatedTarget =
  /** A section of the plan document, as it was when the run was started. */
  | { readonly kind: 'section'; readonly name: string; readonly title: string; readonly text: string }
  /** In their order; read anew for each agent. */
  | { readonly kind: 'issues'; readonly name: string; readonly title: string; readonly issues: readonly number[] }
  | BugTarget;

export interface BugTarget {
  readonly kind: 'bug';
  readonly name: string;
  readonly title: string;
  /** It is read anew; null: `text` is all that was told. */
  readonly issue: number | null;
  /** As it was told; empty for one from an issue. */
  readonly text: string;
  /** What the triage has made of it, and what is worked on from then on: the micro-sprint `sprint-bug-N`. */
  readonly sprint?: { readonly id: string; readonly document: string };
}

/** What a plan carries: its sprints, each to be the target of a run of its own. */
export interface PlanInput {
  /** `plan-YYYYMMDD-<8 hex>`, for people. */
  readonly id: string;
  /** In their order, `sprint-N`. */
  readonly sprints: readonly GatedTarget[];
  /** What the plan before this one had come to on this branch, in the order of their ends; left out: nothing. */
  readonly earlier?: readonly EarlierRecord[];
  readonly from: number;
  readonly to: number;
  /** One draft for all of them, rather than one for each. */
  readonly consolidate: boolean;
  readonly settings: GatedSettings;
  readonly mode: Mode;
  readonly options: TargetState['options'];
  readonly allowHigh: boolean;
}

/** The run id of a plan's sprint: of the form of all of them, and the same each time. */
export function sprintRunId(planId: string, sprint: string): string {
  const day = /\d{8}/.exec(planId)?.[0] ?? '';
  return `run-${day}-${sha256(`${planId} ${sprint}`).slice(0, 8)}`;
}

/** Who works in one phase. */
export interface AgentRole {
  /** `run-…`, under which its artifacts are kept. */
  readonly run: string;
  readonly name: Role;
  readonly provider: Provider;
  readonly model: string | null;
  readonly cycle: number;
  /** Of the commit of what an implementer leaves: `sprint-N`; null: none. */
  readonly scope: string | null;
  /** What its prompt and its answer are kept under, where they are not those of the loop: `dissent`. */
  readonly artifact?: string;
  /** The log of what the guardrails and roles did is switched off. */
  readonly unlogged?: true;
}

/** What a run waits for a person to say. */
export interface Question {
  /** From 1, in the order in which the run asks; asked anew, it is another one. */
  readonly number: number;
  readonly id: 'push' | 'confirm' | 'triage' | 'risk';
  /** For people, several lines. */
  readonly text: string;
  /** Empty: any text. */
  readonly answers: readonly string[];
}

/** A question before it is asked. */
export type Ask = Omit<Question, 'number'>;

/** What the query `progress` answers of a gated run, beside what it answers of every run. */
export interface GatedProgress extends RunView {
  readonly question: Question | null;
  /** Phases of the clock hour, and the waits for the next one. */
  readonly rate: RateState;
  /** Of `deletedBefore`, what is there again. */
  readonly restored?: readonly string[];
  /** `agent.verify` has ended well on what the branch stands on. */
  readonly tested?: boolean;
  readonly bug?: BugState;
}

/** A target that has just begun. `at` is ISO 8601. */
export function newTargetState(
  { id, target, mode, options, settings }: GatedInput,
  branch: string,
  at: string,
): TargetState {
  return {
    run_id: id,
    target: target.name,
    branch,
    state: 'JACK_IN',
    phase: 'INIT',
    mode,
    timestamps: { started: at, last_activity: at },
    cycles: { current: 0, limit: options.max_cycles, history: [] },
    metrics: { files_changed: 0, files_deleted: 0, commits: 0, findings_fixed: 0 },
    options,
    completion: noCompletion,
    red_team_code: {
      cycles: 0,
      max_cycles: settings.redTeam.maxCycles,
      findings_total: 0,
      divergences_found: 0,
      last_findings_hash: null,
    },
    deletions: [],
  };
}

/** What the query `progress` answers of a plan. */
export interface PlanProgress extends PlanView {
  readonly question: Question | null;
  /** Of each sprint that has ever begun on this branch, the latest last. */
  readonly records: readonly SprintRecord[];
}

/** Issues that the work on a target belongs to. */
export function issuesOf(target: GatedTarget): readonly number[] {
  if (target.kind === 'bug') return target.issue === null ? [] : [target.issue];
  return target.kind === 'issues' ? target.issues : [];
}

/** A sprint of the tracker whose issues are all closed. */
export function isOver(target: GatedTarget): boolean {
  return target.kind === 'issues' && target.issues.length === 0;
}

/** Issues that a gated run or a plan is about; null: it is neither. */
export function issuesOfWork({ gated, plan }: { readonly gated?: GatedInput; readonly plan?: PlanInput }) {
  if (gated) return issuesOf(gated.target);
  return plan ? [...new Set(plan.sprints.flatMap(issuesOf))] : null;
}

/** The one task of a target's run. Of several issues none is the one that its agents' figures stand under: 0. */
export function taskOf(target: GatedTarget, branch: string): TaskSpec {
  const [issue = 0, ...more] = issuesOf(target);
  const title = target.title || target.name;
  const commitType = target.kind === 'bug' ? 'fix' : 'feat';
  return { issue: more.length > 0 ? 0 : issue, title, order: null, commitType, branch, committed: null };
}

/** Roles that look and judge; they may not change the workspace. */
export function isGate(role: Role): boolean {
  return role !== 'implementer';
}
