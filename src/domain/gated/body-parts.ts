import type { ModelReview } from './plan-reviews.ts';
import type { Section } from './sections.ts';
import { cell, code, sentence, table } from './sections.ts';
import type { TargetState } from './state.ts';

/** A command that was run as a test, and how it ended. Null: it could not be run, or was cut off. */
export interface TestRun {
  readonly command: string;
  readonly exit_code: number | null;
}

export interface Commit {
  readonly sha: string;
  readonly subject: string;
}

/** A review by another model, of one target. */
export interface CrossModelReview {
  readonly target: string;
  readonly model: string;
  /** Such as `ok`, `timeout`, `error`. */
  readonly outcome: string;
  readonly high_consensus: number;
  readonly disputed: number;
  readonly blockers: number;
  readonly low_value: number;
  /** What both hold for grave, what they dispute and what blocks, the first of them; left out by an earlier Locus. */
  readonly findings?: readonly ModelFinding[];
}

export interface ModelFinding {
  readonly title: string;
  /** HIGH_CONSENSUS, DISPUTED or BLOCKER. */
  readonly score_class: string;
  /** 0 to 1000; null: that model says nothing of it. */
  readonly first: number | null;
  readonly second: number | null;
}

/** What stays on the machine after the run. */
export interface LeftBehind {
  /** Relative to the repository's root; null where it is removed. */
  readonly worktree: string | null;
  /** Refs or paths that hold work which is in no commit of the branch. */
  readonly unfinished: readonly string[];
}

export const noTests = 'No tests were run.';

/** Rows of a name and a value. */
export function metrics(heading: string, values: readonly (readonly [string, string])[]): Section {
  return table(heading, ['Metric', 'Value'], values);
}

export function testsSection(tests: readonly TestRun[], secrets: readonly string[]): Section {
  const heading = '## Test Results';
  if (tests.length === 0) return { heading, lines: [noTests] };
  const rows = tests.map(({ command, exit_code }) => [
    code(command, secrets),
    exit_code === null ? 'none: it did not end' : String(exit_code),
  ]);
  return table(heading, ['Command', 'Exit Code'], rows);
}

/** What a person must see of gates that have no answer of their own (see gate-note.ts); no section where each has one. */
export function notesSection(notes: readonly string[], secrets: readonly string[]): Section[] {
  if (notes.length === 0) return [];
  return [{ heading: '', lines: notes.map((note) => `- ⚠️ ${sentence(note, secrets)}`) }];
}

export function crossModelSection(reviews: readonly ModelReview[], secrets: readonly string[]): Section {
  const heading = '## Cross-model Review Summary';
  if (reviews.length === 0) return { heading, lines: ['none'] };
  const rows = reviews.map((review) => [
    cell(review.target),
    cell(review.model, secrets),
    cell(review.outcome, secrets),
    ...[review.high_consensus, review.disputed, review.blockers, review.low_value].map((count) => cell(count)),
  ]);
  const counts = table(heading, ['Target', 'Model', 'Outcome', 'Agreed', 'Disputed', 'Blockers', 'Dropped'], rows);
  const lines = findingLines(reviews, secrets);
  return lines.length === 0 ? counts : { heading, lines: [...counts.lines, '', ...lines] };
}

/** What people must know of a review by another model, with the scores of both. */
export function findingLines(reviews: readonly ModelReview[], secrets: readonly string[]): string[] {
  const scored = (score: number | null) => (score === null ? '-' : String(score));
  return reviews.flatMap(({ findings = [] }) =>
    findings.map(
      ({ title, score_class, first, second }) =>
        `- ${cell(score_class)} (${scored(first)}, ${scored(second)}): ${sentence(title, secrets)}`,
    ),
  );
}

export function leftBehindSection({ worktree, unfinished }: LeftBehind, secrets: readonly string[]): Section {
  const lines = [
    ...(worktree === null ? [] : [`- Worktree: ${code(worktree, secrets)}`]),
    ...unfinished.map((each) => `- Unfinished work: ${code(each, secrets)}`),
  ];
  return { heading: '## Left Behind', lines: lines.length === 0 ? ['none'] : lines };
}

/** The commits of each sprint, by the scope of their subjects; those of no sprint of the plan come last. */
export function commitSections(
  sprints: readonly string[],
  commits: readonly Commit[],
  secrets: readonly string[],
): Section[] {
  const groups = new Map<string, Commit[]>(sprints.map((id) => [id, []]));
  const others: Commit[] = [];
  for (const commit of commits) (groups.get(sprintOf(commit.subject) ?? '') ?? others).push(commit);
  const lines = (own: readonly Commit[]) =>
    own.length === 0 ? ['none'] : own.map(({ sha, subject }) => `- \`${shortHash(sha)}\` ${cell(subject, secrets)}`);
  return [
    { heading: '## Commits by Sprint', lines: [] },
    ...[...groups].map(([id, own]) => ({ heading: `### ${id}`, lines: lines(own) })),
    ...(others.length === 0 ? [] : [{ heading: '### Other', lines: lines(others) }]),
  ];
}

/** The pull request closes what is done when a person merges it; of what is not, it only speaks. */
export function issuesSection(issues: readonly number[], done: boolean): Section[] {
  if (issues.length === 0) return [];
  return [{ heading: '', lines: issues.map((issue) => (done ? `- Closes #${issue}` : `- Issue #${issue}`)) }];
}

export function historySection({ cycles }: Pick<TargetState, 'cycles'>): Section {
  const heading = '## Cycle History';
  if (cycles.history.length === 0) return { heading, lines: ['No phase has ended yet.'] };
  const rows = cycles.history.map(({ cycle, phase, findings, files_changed }) =>
    [cycle, phase, findings, files_changed].map(String),
  );
  return table(heading, ['Cycle', 'Phase', 'Findings', 'Files Changed'], rows);
}

/** What no person writes into a body of their own. */
export const madeBy = '🤖 Made by Locus in run';

export function footer(runId: string, ...more: readonly string[]): Section {
  return { heading: '', before: ['---', `${madeBy} \`${runId}\``, ...more], lines: [] };
}

/** `sprint-10` of `feat(sprint-10): …`, whatever the type. */
function sprintOf(subject: string): string | null {
  const number = /^[a-z]+\(sprint-([0-9]+)\)/i.exec(subject)?.[1];
  return number === undefined ? null : `sprint-${number}`;
}

function shortHash(sha: string): string {
  return /^[0-9a-f]{7,64}$/.test(sha) ? sha.slice(0, 7) : '-';
}
