import { severities } from './findings.ts';
import { isObject, parsedJson } from './json-answer.ts';
import { readMarkdown } from './markdown.ts';
import {
  bugClasses,
  confidences,
  disqualifierKinds,
  type FixHint,
  hintActions,
  type Suspect,
  type Triage,
  TriageReader,
} from './triage-record.ts';

/** Tag of the fenced block in which a triage agent answers. */
export const triageTag = 'locus-triage';

export type TriageAnswer =
  | { readonly triage: Triage; readonly problems: readonly [] }
  | { readonly triage: null; readonly problems: readonly string[] };

/** The one `locus-triage` block of an answer, or what is wrong with it: enough for the agent to mend it. */
export function readTriage(answer: string): TriageAnswer {
  const blocks = readMarkdown(answer).blocks.filter(({ tag, closed }) => tag === triageTag && closed);
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) {
    return wrong(`the answer holds ${blocks.length} blocks tagged ${triageTag} instead of one`);
  }
  const value = parsedJson(block.text);
  if (value === undefined) return wrong(`the block tagged ${triageTag} is no JSON`);
  if (!isObject(value)) return wrong(`the block tagged ${triageTag} holds no object`);
  const reader = new TriageReader();
  const triage = triageOf(reader, value);
  return triage && reader.problems.length === 0
    ? { triage, problems: [] }
    : { triage: null, problems: reader.problems.slice(0, 20) };
}

function wrong(problem: string): TriageAnswer {
  return { triage: null, problems: [problem] };
}

function triageOf(reader: TriageReader, value: Readonly<Record<string, unknown>>): Triage | null {
  const title = reader.line(value.title, 'title');
  if (title === null) reader.problems.push('title is missing');
  const bugClass = reader.oneOf(value.class, 'class', bugClasses);
  const severity = value.severity ?? null;
  const reproduction = reader.object(value.reproduction, 'reproduction');
  const evidence = reader.object(value.evidence, 'evidence');
  const line = (item: unknown, name: string) => reader.line(item, name);
  const triage = {
    severity: severity === null ? null : reader.oneOf(severity, 'severity', severities),
    reproduction: {
      steps: reader.list(reproduction.steps, 'reproduction.steps', line),
      failing_test: reader.line(reproduction.failing_test, 'reproduction.failing_test'),
    },
    expected: reader.text(value.expected, 'expected'),
    actual: reader.text(value.actual, 'actual'),
    evidence: {
      stack_trace: reader.list(evidence.stack_trace, 'evidence.stack_trace', (item, name) => frame(reader, item, name)),
      production_error_log: reader.text(evidence.production_error_log, 'evidence.production_error_log'),
      regression_baseline: reader.line(evidence.regression_baseline, 'evidence.regression_baseline'),
    },
    disqualifiers: reader.list(value.disqualifiers, 'disqualifiers', (item, name) =>
      reader.oneOf(item, name, disqualifierKinds),
    ),
    suspected_files: reader.list(value.suspected_files, 'suspected_files', (item, name) => suspect(reader, item, name)),
    related_tests: reader.list(value.related_tests, 'related_tests', (item, name) => reader.path(item, name)),
    strategy: reader.text(value.strategy, 'strategy') ?? '',
    fix_hints: reader.list(value.fix_hints, 'fix_hints', (item, name) => hint(reader, item, name)),
    questions: reader.list(value.questions, 'questions', line),
  };
  return title === null || bugClass === null ? null : { title, class: bugClass, ...triage };
}

function frame(reader: TriageReader, value: unknown, name: string): { file: string; line: number } | null {
  const { file, line } = reader.object(value, name);
  const path = reader.line(file, `${name}.file`);
  if (path !== null && typeof line === 'number' && Number.isSafeInteger(line) && line > 0) return { file: path, line };
  reader.problems.push(`${name} has a file and a line from 1`);
  return null;
}

function suspect(reader: TriageReader, value: unknown, name: string): Suspect | null {
  const { file, lines, confidence, reason } = reader.object(value, name);
  const path = reader.path(file, `${name}.file`);
  const sure = reader.oneOf(confidence, `${name}.confidence`, confidences);
  const numbers = typeof lines === 'number' ? String(lines) : (reader.line(lines, `${name}.lines`) ?? '');
  const why = reader.line(reason, `${name}.reason`) ?? '';
  return path === null || sure === null ? null : { file: path, lines: numbers, confidence: sure, reason: why };
}

function hint(reader: TriageReader, value: unknown, name: string): FixHint | null {
  const { file, action, target, constraint } = reader.object(value, name);
  const path = reader.path(file, `${name}.file`);
  const what = reader.oneOf(action, `${name}.action`, hintActions);
  const where = reader.line(target, `${name}.target`) ?? '';
  const bound = reader.line(constraint, `${name}.constraint`) ?? '';
  return path === null || what === null ? null : { file: path, action: what, target: where, constraint: bound };
}
