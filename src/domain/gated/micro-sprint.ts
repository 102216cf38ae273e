import { inert, oneLine } from '../text.ts';
import { riskOf } from './bug-risk.ts';
import { testTypeOf } from './confidence.ts';
import { suspectedPaths, type Triage } from './triage-record.ts';

export interface BugIds {
  readonly bug_id: string;
  /** `sprint-bug-N`. */
  readonly sprint_id: string;
  /** ISO 8601 in UTC. */
  readonly created_at: string;
}

/**
 * The triage record and its micro-sprint, as `.locus/bugs/<bug_id>.md` and as the section that an implementer works on.
 * Nothing from outside starts a line, so that the only heading of a bug sprint is its own.
 */
export function bugDocument(triage: Triage, { bug_id, sprint_id, created_at }: BugIds): string {
  const sections = [
    `# Bug ${bug_id}`,
    bullets([
      ['Title', triage.title],
      ['Sprint', sprint_id],
      ['Class', triage.class],
      ['Severity', triage.severity ?? 'unknown'],
      ['Risk', riskOf(suspectedPaths(triage)).level],
      ['Test type', testTypeOf(triage.class)],
      ['Created', created_at],
    ]),
    '## Reproduction',
    bullets([
      ...triage.reproduction.steps.map((step, index): [string, string] => [`Step ${index + 1}`, step]),
      ...(triage.reproduction.failing_test === null
        ? []
        : [['Failing test', triage.reproduction.failing_test] as [string, string]]),
      ['Expected', triage.expected ?? 'unknown'],
      ['Actual', triage.actual ?? 'unknown'],
    ]),
    '## Suspected files',
    table(
      ['File', 'Lines', 'Confidence', 'Reason'],
      triage.suspected_files.map(({ file, lines, confidence, reason }) => [file, lines, confidence, reason]),
    ),
    '## Related tests',
    triage.related_tests.map((path) => `- ${place(path)}`).join('\n') || 'none',
    '## Strategy',
    `> ${clean(triage.strategy) || 'none'}`,
    '## Fix hints',
    table(
      ['File', 'Action', 'Target', 'Constraint'],
      triage.fix_hints.map(({ file, action, target, constraint }) => [file, action, target, constraint]),
    ),
    `## ${sprint_id}: ${clean(triage.title)}`,
    tasks(triage),
  ];
  return `${sections.join('\n\n')}\n`;
}

function tasks({ class: bugClass, reproduction }: Triage): string {
  const test = `1. Write one ${testTypeOf(bugClass)} test that fails because of the bug, and see it fail.`;
  const known = `1. See the failing test fail: ${clean(reproduction.failing_test ?? '')}.`;
  return `${reproduction.failing_test === null ? test : known}\n2. Fix the bug: that test passes, and no other one fails.`;
}

function bullets(lines: readonly (readonly [string, string])[]): string {
  return lines.map(([name, value]) => `- ${name}: ${clean(value)}`).join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'none';
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => place(cell).replaceAll('|', '\\|') || '-').join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** A path stays what it is: `packages/@scope/a.ts` with something invisible in it is no file. */
function place(path: string): string {
  return /^[\w@+./-]+$/.test(path) ? path : clean(path);
}

function clean(text: string): string {
  return inert(oneLine(text));
}
