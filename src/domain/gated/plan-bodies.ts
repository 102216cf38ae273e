import type { PullText } from '../pull-body.ts';
import { type CompletionRecord, completionLine, doneTitle, incompleteTitle, resumeLines } from './bodies.ts';
import {
  type Commit,
  commitSections,
  crossModelSection,
  footer,
  issuesSection,
  type LeftBehind,
  leftBehindSection,
  metrics,
  notesSection,
  type TestRun,
  testsSection,
} from './body-parts.ts';
import { deletionsSection } from './deletions.ts';
import type { ModelReview } from './plan-reviews.ts';
import { postPrSections } from './post-pr-body.ts';
import type { PostPrState } from './post-pr-state.ts';
import { bodyOf, cell, type Section, sentence, table } from './sections.ts';
import type { Deletion, PlanSprint, PlanState } from './state.ts';

export interface PlanPull {
  readonly plan: PlanState;
  readonly commits: readonly Commit[];
  readonly deletions: readonly Deletion[];
  readonly tests: readonly TestRun[];
  /** By other models, from plan-reviews.ts. */
  readonly reviews: readonly ModelReview[];
  /** Of every sprint, from gate-note.ts. */
  readonly notes: readonly string[];
  readonly issues: readonly number[];
  readonly leftBehind: LeftBehind;
  readonly completion: CompletionRecord;
  /** Once its validation has begun; null, or left out: it has not. */
  readonly postPr?: PostPrState | null;
}

export interface IncompletePlanPull extends Pick<PlanPull, 'plan' | 'deletions' | 'reviews' | 'notes'> {
  /** An open breaker must be reset, or given one cycle, to go on. */
  readonly breakerOpen: boolean;
}

const subject = 'Sprint Plan';

/** The one draft of a plan whose sprints are all done. */
export function planPull(pull: PlanPull, secrets: readonly string[] = []): PullText {
  const { plan, commits, deletions, tests, reviews, notes, issues, leftBehind, completion, postPr = null } = pull;
  const { list } = plan.sprints;
  const title = doneTitle(subject);
  const sections = [
    { heading: `# ${title}`, lines: [] },
    planMetrics('## Summary', plan),
    ...notesSection(notes, secrets),
    ...issuesSection(issues, true),
    table('## Sprint Breakdown', ['Sprint', 'Status', 'Cycles', 'Files Changed'], list.map(sprintRow)),
    deletionsSection(deletions),
    ...commitSections(
      list.map(({ id }) => id),
      commits,
      secrets,
    ),
    crossModelSection(reviews, secrets),
    testsSection([...tests, ...(postPr?.tests ?? [])], secrets),
    ...(postPr === null ? [] : postPrSections(postPr, secrets, true)),
    leftBehindSection(leftBehind, secrets),
    footer(plan.plan_id, completionLine(completion)),
  ];
  return { title, body: bodyOf(sections) };
}

/** The one draft of a plan that a halted sprint stopped. */
export function incompletePlanPull(pull: IncompletePlanPull, secrets: readonly string[] = []): PullText {
  const { plan, deletions, reviews, notes, breakerOpen } = pull;
  const { failure, sprints } = plan;
  const title = incompleteTitle(subject);
  const isDone = ({ status }: PlanSprint) => status === 'completed';
  const sections = [
    { heading: `# ${title}`, lines: [] },
    {
      heading: '## Status: HALTED',
      lines: [
        `- Sprint: ${cell(failure?.sprint ?? sprints.current)}`,
        `- Reason: ${sentence(failure?.reason ?? '', secrets)}`,
      ],
    },
    ...notesSection(notes, secrets),
    listOf('## Completed Sprints', sprints.list.filter(isDone)),
    listOf(
      '## Remaining Sprints',
      sprints.list.filter((sprint) => !isDone(sprint)),
    ),
    planMetrics('## Metrics', plan),
    crossModelSection(reviews, secrets),
    deletionsSection(deletions),
    footer(plan.plan_id, '', ...resumeLines(breakerOpen)),
  ];
  return { title, body: bodyOf(sections) };
}

function planMetrics(heading: string, { sprints, metrics: totals }: PlanState): Section {
  return metrics(heading, [
    ['Sprints Completed', `${sprints.completed} / ${sprints.total}`],
    ['Total Cycles', String(totals.total_cycles)],
    ['Files Changed', String(totals.total_files_changed)],
    ['Findings Fixed', String(totals.total_findings_fixed)],
  ]);
}

/** A sprint that an earlier run completed has no cycles here: they are unknown, not 0. */
function sprintRow({ id, status, cycles, files_changed }: PlanSprint): string[] {
  return [cell(id), status, cycles === 0 ? '-' : String(cycles), cell(files_changed)];
}

function listOf(heading: string, sprints: readonly PlanSprint[]): Section {
  const lines = sprints.map(({ id, status }) => `- ${cell(id)}${status === 'in_progress' ? ' (in progress)' : ''}`);
  return { heading, lines: lines.length === 0 ? ['none'] : lines };
}
