import { type Answer, readAnswer } from './answer.ts';
import {
  type Counts,
  countBlocking,
  countBySeverity,
  parsedJson,
  type Read,
  readFindings,
  severities,
} from './findings.ts';
import { isObject, keyTwice } from './json-answer.ts';
import type { Finding, Gate, Severity } from './state.ts';

/** What stands in a verdict line. */
export interface Trailer {
  readonly gate: Gate;
  readonly verdict: 'APPROVED' | 'CHANGES_REQUIRED';
  readonly counts: Counts;
  readonly sprint_id: string;
  /** ISO 8601. */
  readonly ts: string;
}

/** What a gate's answer comes to. Only the first kind lets anything pass. */
export type Verdict =
  | { readonly kind: 'approved'; readonly findings: readonly Finding[]; readonly trailer: Trailer }
  | { readonly kind: 'changes_required'; readonly findings: readonly Finding[]; readonly trailer: Trailer }
  /** It contradicts itself or the form; the reasons are for a person and for the gate's second try. */
  | { readonly kind: 'inconsistent'; readonly reasons: readonly string[] }
  | { readonly kind: 'missing'; readonly reasons: readonly string[] };

const approvingLine = 'All good';
const forbiddenHeadings: readonly string[] = ['Changes Required', 'Findings', 'Issues'];
const verdictLine = /^<!-- LOCUS-VERDICT (\{.*\}) -->\s*$/s;
const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** `gate` is the one that was asked; null where any will do, as for a file that nobody asked for. */
export function readVerdict(text: string, gate: Gate | null): Verdict {
  const answer = readAnswer(text);
  if (answer.verdictLines.length === 0) return { kind: 'missing', reasons: ['there is no verdict line'] };
  const trailer = readTrailer(answer);
  const findings = readBlocks(answer.blocks);
  const reasons = [...(trailer.problems ?? []), ...(findings.problems ?? [])];
  if (trailer.value) {
    reasons.push(...contradictions(trailer.value, answer, gate));
    if (findings.value && answer.blocks.length > 0) reasons.push(...miscounts(trailer.value.counts, findings.value));
  }
  if (reasons.length > 0 || !trailer.value || !findings.value) return { kind: 'inconsistent', reasons };
  const kind = trailer.value.verdict === 'APPROVED' ? 'approved' : 'changes_required';
  return { kind, findings: findings.value, trailer: trailer.value };
}

/** Of a gate that was asked: it has to tell the findings that it counts. */
export function readAskedVerdict(text: string, gate: Gate): Verdict {
  const verdict = readVerdict(text, gate);
  if (!('trailer' in verdict) || readAnswer(text).blocks.length > 0) return verdict;
  const untold = miscounts(verdict.trailer.counts, []);
  return untold.length === 0 ? verdict : { kind: 'inconsistent', reasons: untold };
}

function readTrailer({ verdictLines, lastLine }: Answer): Read<Trailer> {
  if (verdictLines.length > 1) return { problems: [`there are ${verdictLines.length} verdict lines instead of one`] };
  if (verdictLines[0] !== lastLine) return { problems: ['there is text after the verdict line'] };
  const json = verdictLine.exec(lastLine)?.[1];
  if (json === undefined) return { problems: ['the verdict line has not the form that was asked for'] };
  const parsed = parsedJson(json);
  if (parsed.problems) return { problems: [`the verdict line holds no JSON: ${parsed.problems[0]}`] };
  const twice = keyTwice(json);
  if (twice !== null) return { problems: [`the verdict line says ${JSON.stringify(twice)} twice`] };
  return checkTrailer(parsed.value);
}

function checkTrailer(given: unknown): Read<Trailer> {
  if (!isObject(given)) return { problems: ['the verdict is no object'] };
  const { gate, verdict, sprint_id, ts } = given;
  const counts = readCounts(given.counts);
  const isGate = gate === 'review' || gate === 'audit';
  const isVerdict = verdict === 'APPROVED' || verdict === 'CHANGES_REQUIRED';
  const isTime = typeof ts === 'string' && isoTime.test(ts) && !Number.isNaN(Date.parse(ts));
  if (isGate && isVerdict && isTime && counts.value && typeof sprint_id === 'string') {
    return { value: { gate, verdict, counts: counts.value, sprint_id, ts } };
  }
  const problems = [...(counts.problems ?? [])];
  if (!isGate) problems.push('the verdict’s gate must be review or audit');
  if (!isVerdict) problems.push('the verdict must be APPROVED or CHANGES_REQUIRED');
  if (typeof sprint_id !== 'string') problems.push('the verdict’s sprint_id must be a text');
  if (!isTime) problems.push('the verdict’s ts must be a time in ISO 8601');
  return { problems };
}

function readCounts(given: unknown): Read<Counts> {
  const counts = isObject(given) ? given : {};
  const wrong = severities.filter((severity) => !isCount(counts[severity]));
  if (wrong.length > 0) return { problems: [`the verdict’s counts must hold whole numbers for ${wrong.join(', ')}`] };
  const count = (severity: Severity) => Number(counts[severity]);
  return { value: { critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low') } };
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** No block is no findings that anything could be counted against. */
function readBlocks(blocks: Answer['blocks']): Read<readonly Finding[]> {
  if (blocks.length > 1) return { problems: [`there are ${blocks.length} blocks of findings instead of one`] };
  const [block = '[]'] = blocks;
  return block === null ? { problems: ['the block of findings is not closed'] } : readFindings(block);
}

function contradictions({ gate, verdict, counts }: Trailer, answer: Answer, asked: Gate | null): string[] {
  const reasons: string[] = [];
  if (asked !== null && gate !== asked) reasons.push(`the verdict is that of the ${gate}, not of the ${asked}`);
  if (verdict !== 'APPROVED') return reasons;
  const blocking = countBlocking(counts);
  if (blocking > 0) reasons.push(`it approves with ${blocking} critical or high findings`);
  if (gate === 'review') reasons.push(...unlikeApproval(answer));
  return reasons;
}

function unlikeApproval({ firstLine, headings }: Answer): string[] {
  const reasons = firstLine === approvingLine ? [] : [`it approves, but its first line is not "${approvingLine}"`];
  for (const start of forbiddenHeadings) {
    const heading = headings.find((each) => each.toLowerCase().startsWith(start.toLowerCase()));
    if (heading !== undefined) reasons.push(`it approves, but has a heading "${start}"`);
  }
  return reasons;
}

function miscounts(counts: Counts, findings: readonly Finding[]): string[] {
  const found = countBySeverity(findings);
  return severities
    .filter((severity) => counts[severity] !== found[severity])
    .map((severity) => `it counts ${counts[severity]} ${severity} findings and tells ${found[severity]}`);
}
