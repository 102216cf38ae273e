import { LocusFailure } from '../failures.ts';
import { inputProblem } from './guard-input.ts';
import { homePath, importAllowed, importPatterns, type PiiPattern, piiPatterns } from './pii-patterns.ts';

export interface PiiOptions {
  /** `anonymize`: the names in home folders go, too. */
  readonly mode?: 'redact' | 'anonymize';
  /** Text of an issue that becomes a bug: bearers, passwords and international numbers go too, example values stay. */
  readonly bugImport?: boolean;
}

export interface PiiReport {
  readonly status: 'PASS' | 'WARN';
  /** What is left, with a placeholder for each match. */
  readonly text: string;
  readonly redactions: number;
  /** In alphabetical order. */
  readonly types: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

interface Claim {
  readonly start: number;
  readonly end: number;
  readonly pattern: PiiPattern;
}

/** Takes personal data and credentials out of a text. Fails with GuardRefused above 1 MiB. */
export function redactPii(text: string, { mode = 'redact', bugImport = false }: PiiOptions = {}): PiiReport {
  const problem = inputProblem(text);
  if (problem !== null) throw new LocusFailure('GuardRefused', problem, { remedy: 'give less text' });

  const patterns = [...piiPatterns, ...(mode === 'anonymize' ? [homePath] : []), ...(bugImport ? importPatterns : [])];
  let claims: readonly Claim[] = [];
  let open = text;
  for (const pattern of patterns) {
    const found = matchesOf(pattern, open).filter(({ start, end }) => !bugImport || !isAllowed(text, start, end));
    if (found.length === 0) continue;
    claims = merged(claims, found);
    open = without(open, found);
  }
  return reportOf(text, claims);
}

function matchesOf(pattern: PiiPattern, text: string): Claim[] {
  const { regex, passesOver = false } = pattern;
  const claims: Claim[] = [];
  regex.lastIndex = 0;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    if (passesOver && match[1] === undefined) continue;
    claims.push({ start: match.index, end: regex.lastIndex, pattern });
  }
  return claims;
}

/**
 * Claimed text looks like a placeholder to the patterns that come later: it joins with no word beside it, and only what
 * takes anything up to a space or an end holds it.
 */
function without(text: string, claims: readonly Claim[]): string {
  let from = 0;
  let left = '';
  for (const { start, end } of claims) {
    left += text.slice(from, start) + '['.repeat(end - start);
    from = end;
  }
  return left + text.slice(from);
}

/** What a later match holds is part of it: a key in an address counts once. */
function merged(earlier: readonly Claim[], later: readonly Claim[]): readonly Claim[] {
  const all = [...earlier, ...later].sort((a, b) => a.start - b.start || b.end - a.end);
  const outer: Claim[] = [];
  for (const claim of all) {
    if (claim.start >= (outer.at(-1)?.end ?? 0)) outer.push(claim);
  }
  return outer;
}

function reportOf(text: string, claims: readonly Claim[]): PiiReport {
  const counts: Record<string, number> = {};
  let from = 0;
  let clean = '';
  for (const { start, end, pattern } of claims) {
    clean += text.slice(from, start) + (pattern.placeholder ?? `[REDACTED_${pattern.type.toUpperCase()}]`);
    counts[pattern.type] = (counts[pattern.type] ?? 0) + 1;
    from = end;
  }
  const redactions = claims.length;
  const status = redactions === 0 ? 'PASS' : 'WARN';
  return { status, text: clean + text.slice(from), redactions, types: Object.keys(counts).sort(), counts };
}

/** Example values, and digits of a short hexadecimal word, such as an address or a commit. */
function isAllowed(text: string, start: number, end: number): boolean {
  const value = text.slice(start, end);
  if (importAllowed.includes(value.toLowerCase())) return true;
  if (!/^\d+$/.test(value)) return false;
  const before = /[0-9A-Za-z]*$/.exec(text.slice(Math.max(0, start - longestHex), start))?.[0] ?? '';
  const after = /^[0-9A-Za-z]*/.exec(text.slice(end, end + longestHex))?.[0] ?? '';
  const word = (before + value + after).replace(/^0x/i, '');
  return word.length < longestHex && /^[0-9a-f]*[a-f][0-9a-f]*$/i.test(word);
}

const longestHex = 16;
