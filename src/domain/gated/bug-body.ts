import type { PullText } from '../pull-body.ts';
import { type CompletionRecord, completionLine, doneTitle, incompleteTitle, resumeLines } from './bodies.ts';
import { footer, issuesSection, notesSection, type TestRun, testsSection } from './body-parts.ts';
import type { Confidence } from './confidence.ts';
import { deletionsSection } from './deletions.ts';
import { bodyOf, cell, code, sentence } from './sections.ts';
import type { Deletion } from './state.ts';

export interface BugPull {
  readonly run_id: string;
  readonly bug_id: string;
  readonly bug_title: string;
  /** The issue it was imported from; null: it was told as text. */
  readonly issue: number | null;
  readonly confidence: Confidence;
  /** Name → path, such as `Triage` → `.locus/bugs/….md`. */
  readonly artifacts: readonly { readonly name: string; readonly path: string }[];
  /** From gate-note.ts. */
  readonly notes: readonly string[];
  readonly deletions: readonly Deletion[];
  readonly tests: readonly TestRun[];
  readonly outcome:
    | { readonly state: 'COMPLETED'; readonly completion: CompletionRecord }
    | { readonly state: 'HALTED'; readonly reason: string; readonly breakerOpen: boolean };
}

/** The one draft of a bug, fixed or halted. */
export function bugPull(bug: BugPull, secrets: readonly string[] = []): PullText {
  const { run_id, bug_id, bug_title, issue, confidence, artifacts, outcome } = bug;
  const done = outcome.state === 'COMPLETED';
  const sections = [
    {
      heading: '## Bug',
      lines: [
        `- Bug ID: ${code(bug_id)}`,
        `- Title: ${cell(bug_title, secrets)}`,
        `- Source: ${issue === null ? 'text given to the run' : `issue #${issue}`}`,
      ],
    },
    ...notesSection(bug.notes, secrets),
    ...(issue !== null && done ? issuesSection([issue], true) : []),
    { heading: '## Confidence Signals', lines: confidenceLines(confidence) },
    { heading: '## Artifacts', lines: artifactLines(artifacts, secrets) },
    { heading: '## Status', lines: statusLines(outcome, secrets) },
    deletionsSection(bug.deletions),
    testsSection(bug.tests, secrets),
    outcome.state === 'COMPLETED' ? footer(run_id, completionLine(outcome.completion)) : footer(run_id),
  ];
  return { title: done ? doneTitle(bug_id) : incompleteTitle(bug_id), body: bodyOf(sections) };
}

export function confidenceLines(confidence: Confidence): string[] {
  const { reproduction_strength, test_type, files_changed, lines_changed, risk_level } = confidence;
  return [
    `- Reproduction: ${reproduction_strength}`,
    `- Test Type: ${test_type}`,
    `- Files Changed: ${files_changed}`,
    `- Lines Changed: ${lines_changed}`,
    `- Risk Level: ${risk_level}`,
  ];
}

function artifactLines(artifacts: BugPull['artifacts'], secrets: readonly string[]): string[] {
  if (artifacts.length === 0) return ['none'];
  return artifacts.map(({ name, path }) => `- ${cell(name)}: ${code(path, secrets)}`);
}

function statusLines(outcome: BugPull['outcome'], secrets: readonly string[]): string[] {
  if (outcome.state === 'COMPLETED') return ['COMPLETED: waiting for a person to review it.'];
  return [`- HALTED: ${sentence(outcome.reason, secrets)}`, ...resumeLines(outcome.breakerOpen)];
}
