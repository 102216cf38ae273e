import type { PullText } from '../pull-body.ts';
import { cut, longestBody, oneLine } from '../text.ts';
import type { TestRun } from './body-parts.ts';
import { footer, historySection, issuesSection, madeBy, metrics, notesSection, testsSection } from './body-parts.ts';
import { deletionsSection } from './deletions.ts';
import { postPrSections } from './post-pr-body.ts';
import type { PostPrState } from './post-pr-state.ts';
import { bodyOf, cell, code, type Section, sentence } from './sections.ts';
import type { TargetState } from './state.ts';

/** What completed a target: hidden in its pull request for scripts. It is a copy, the workflow's state is what counts. */
export interface CompletionRecord {
  readonly run_id: string;
  readonly target: string;
  /** Gate → what it said, such as `APPROVED`, `skipped`, `did_not_run`. */
  readonly gates: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly ts: string;
}

/** What the draft of a target tells of its state. */
export interface SingleState extends Pick<TargetState, 'run_id' | 'target' | 'deletions'> {
  readonly cycles: Pick<TargetState['cycles'], 'current'>;
  readonly metrics: Omit<TargetState['metrics'], 'files_deleted'>;
}

export interface SinglePull {
  readonly state: SingleState;
  readonly tests: readonly TestRun[];
  /** From gate-note.ts. */
  readonly notes: readonly string[];
  /** Closed when a person merges. */
  readonly issues: readonly number[];
  readonly completion: CompletionRecord;
  /** Once its validation has begun; null, or left out: it has not. */
  readonly postPr?: PostPrState | null;
}

export interface HaltedPull {
  readonly state: TargetState;
  /** From gate-note.ts. */
  readonly notes: readonly string[];
  readonly issues: readonly number[];
  /** An open breaker must be reset, or given one cycle, to go on. */
  readonly breakerOpen: boolean;
}

/** Whether what a gated run says may stand in it: a draft that one has made, and that no person has marked ready. */
export function isOurs({ draft, body }: { readonly draft: boolean; readonly body: string }): boolean {
  return draft && body.includes(madeBy);
}

/** GitHub's limit for titles, in characters. */
const longestTitle = 256;

export function doneTitle(subject: string): string {
  const end = ' implementation';
  return `${cut(`Run Mode: ${oneLine(subject)}`, longestTitle - end.length)}${end}`;
}

export function incompleteTitle(subject: string): string {
  return cut(`[INCOMPLETE] Run Mode: ${oneLine(subject)}`, longestTitle);
}

/** The draft of one target that passed its gates. */
export function singlePull(
  { state, tests, notes, issues, completion, postPr = null }: SinglePull,
  secrets: readonly string[] = [],
): PullText {
  const { run_id, target, cycles, metrics: counts, deletions } = state;
  const sections = [
    metrics('## Summary', [
      ['Target', cell(target)],
      ['Cycles', String(cycles.current)],
      ['Files Changed', String(counts.files_changed)],
      ['Commits', String(counts.commits)],
      ['Findings Fixed', String(counts.findings_fixed)],
    ]),
    ...notesSection(notes, secrets),
    ...issuesSection(issues, true),
    deletionsSection(deletions),
    testsSection([...tests, ...(postPr?.tests ?? [])], secrets),
    ...(postPr === null ? [] : postPrSections(postPr, secrets)),
    footer(run_id, completionLine(completion)),
  ];
  return { title: doneTitle(target), body: bodyOf(sections, longestBody) };
}

/** The draft of one target that was halted: what there is, why it stopped, how it goes on. */
export function haltedPull(
  { state, notes, issues, breakerOpen }: HaltedPull,
  secrets: readonly string[] = [],
): PullText {
  const { run_id, target, phase, cycles, metrics: counts, deletions, halt } = state;
  const sections = [
    {
      heading: '## Status: HALTED',
      lines: [
        `- Run ID: ${code(run_id)}`,
        `- Target: ${cell(target)}`,
        `- Halt Reason: ${sentence(halt?.reason ?? '', secrets)}`,
      ],
    },
    ...notesSection(notes, secrets),
    ...issuesSection(issues, false),
    metrics('## Progress', [
      ['Phase', phase],
      ['Cycles', `${cycles.current} / ${cycles.limit}`],
      ['Files Changed', String(counts.files_changed)],
      ['Commits', String(counts.commits)],
      ['Findings Fixed', String(counts.findings_fixed)],
    ]),
    historySection(state),
    deletionsSection(deletions),
    { heading: '## To Resume', lines: resumeLines(breakerOpen) },
    { heading: '## To Abandon', lines: abandonLines(target) },
    footer(run_id),
  ];
  return { title: incompleteTitle(target), body: bodyOf(sections, longestBody) };
}

/** Nothing in it can end the comment: what could is written as an escape of JSON. */
export function completionLine({ run_id, target, gates, ts }: CompletionRecord): string {
  const json = JSON.stringify({ run_id, target, gates, ts }).replace(
    /[<>]|--/g,
    (mark) => ({ '<': '\\u003c', '>': '\\u003e' })[mark] ?? '\\u002d\\u002d',
  );
  return `<!-- LOCUS-COMPLETION ${json} -->`;
}

/** How a halted run goes on, one way a line. */
export function resumeLines(breakerOpen: boolean): string[] {
  if (!breakerOpen) return ['- `locus resume` goes on where it stopped.'];
  return [
    '- `locus resume --reset-breaker` goes on with the circuit breaker as it was at the start.',
    '- `locus resume --probe` tries one more cycle and halts again if a gate still finds something.',
  ];
}

function abandonLines(target: string): Section['lines'] {
  const issue = /^issue-(\d+)$/.exec(target)?.[1];
  return [
    '- `locus stop` ends the run; then close this pull request. The commits stay on the branch.',
    `- ${code(`locus run ${issue ?? target} --gated --fresh`)} ends it and begins anew.`,
  ];
}
