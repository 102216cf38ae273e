import { isObject, keyTwice } from './json-answer.ts';
import type { Finding, Severity } from './state.ts';

/** What was read, or why it cannot be. */
export type Read<T> =
  | { readonly value: T; readonly problems?: undefined }
  | { readonly value?: undefined; readonly problems: readonly string[] };

export type Counts = Readonly<Record<Severity, number>>;

export const severities = ['critical', 'high', 'medium', 'low'] as const satisfies readonly Severity[];

/** More would be prose without end; the first of them are told. */
const mostProblems = 10;

/** Reads the JSON of a `locus-findings` block. A finding's other fields are left out. */
export function readFindings(json: string): Read<readonly Finding[]> {
  const parsed = parsedJson(json);
  if (parsed.problems) return { problems: [`the findings are no JSON: ${parsed.problems[0]}`] };
  const twice = keyTwice(json);
  if (twice !== null) return { problems: [`a finding says ${JSON.stringify(twice)} twice`] };
  if (!Array.isArray(parsed.value)) return { problems: ['the findings are no array'] };
  const read = parsed.value.map((finding: unknown, index) => readFinding(finding, index + 1));
  const problems = read.flatMap((each) => each.problems ?? []);
  if (problems.length > 0) return { problems: problems.slice(0, mostProblems) };
  return { value: read.flatMap((each) => (each.value ? [each.value] : [])) };
}

export function countBySeverity(findings: readonly Pick<Finding, 'severity'>[]): Counts {
  const counts = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** Critical and high ones block; medium and low ones do not. */
export function countBlocking(counts: Counts): number {
  return counts.critical + counts.high;
}

export function parsedJson(text: string): Read<unknown> {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

/** `file` is empty for what no single file has, `fix` where the gate knows none. */
const mayBeEmpty: readonly string[] = ['file', 'fix'];

function readFinding(given: unknown, position: number): Read<Finding> {
  if (!isObject(given)) return { problems: [`finding ${position} is no object`] };
  const problems: string[] = [];
  const text = (key: string): string => {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (typeof value === 'string' && (mayBeEmpty.includes(key) || value.trim() !== '')) return value;
    problems.push(`finding ${position}: ${key} must be a text${mayBeEmpty.includes(key) ? '' : ' that is not empty'}`);
    return '';
  };
  const texts = {
    id: text('id'),
    category: text('category'),
    rule: text('rule'),
    file: text('file'),
    message: text('message'),
    fix: text('fix'),
  };
  const { line } = given;
  const isLine = typeof line === 'number' && Number.isSafeInteger(line) && line >= 0;
  if (!isLine) problems.push(`finding ${position}: line must be a whole number from 0`);
  const severity = severities.find((each) => each === given.severity);
  if (!severity) problems.push(`finding ${position}: severity must be one of ${severities.join(', ')}`);
  if (problems.length > 0 || !isLine || !severity) return { problems };
  return { value: { ...texts, line, severity } };
}
