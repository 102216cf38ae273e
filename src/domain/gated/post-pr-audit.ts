import type { PostPrHalt } from './post-pr-state.ts';
import { type Rounds, seenMore } from './rounds.ts';
import type { Severity } from './state.ts';

export interface AuditFinding {
  readonly rule: 'hardcoded-secret' | 'console-log' | 'todo-comment' | 'empty-catch';
  readonly category: 'security' | 'quality';
  readonly severity: Severity;
  readonly fixable: boolean;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A file that the pull request changes, as it is in it. */
export interface AuditFile {
  readonly path: string;
  readonly text: string;
  /** Lines that the pull request adds; null where its diff could not be had. */
  readonly added: ReadonlySet<number> | null;
}

export type AuditVerdict = 'APPROVED' | 'CHANGES_REQUIRED' | 'ESCALATED';

export interface AuditResult {
  readonly verdict: AuditVerdict;
  /** 0 to 2, in the order of the verdicts. An audit that fails has none: it halts by itself. */
  readonly code: 0 | 1 | 2;
  readonly findings: readonly AuditFinding[];
  /** Whether what is looked for on added lines alone was looked for. */
  readonly nits: 'checked' | 'skipped';
}

export type AuditStep =
  | { readonly next: 'pass'; readonly rounds: Rounds }
  | { readonly next: 'fix'; readonly rounds: Rounds }
  | { readonly next: 'halt'; readonly reason: PostPrHalt; readonly rounds: Rounds };

interface AuditRule extends Omit<AuditFinding, 'file' | 'line'> {
  readonly scope: 'whole' | 'added';
  readonly pattern: RegExp;
  readonly files: (path: string) => boolean;
}

const isScript = (path: string) => /\.[cm]?[jt]sx?$/.test(path);
const anyFile = () => true;

// What repeats is bounded, so that a hostile file costs no more than its length.
const rules: readonly AuditRule[] = [
  {
    rule: 'hardcoded-secret',
    category: 'security',
    severity: 'high',
    fixable: false,
    scope: 'whole',
    pattern: /(?:password|secret|api_key|apikey|token)\s{0,200}[:=]\s{0,200}['"][^'"\r\n]+['"]/gi,
    files: anyFile,
  },
  {
    rule: 'empty-catch',
    category: 'quality',
    severity: 'medium',
    fixable: false,
    scope: 'whole',
    pattern: /catch\s{0,200}\([^)]{0,500}\)\s{0,200}\{\s{0,2000}\}/g,
    files: isScript,
  },
  {
    rule: 'console-log',
    category: 'quality',
    severity: 'low',
    fixable: true,
    scope: 'added',
    pattern: /console\.(?:log|debug|info)/g,
    files: (path) => isScript(path) && !/\.(?:test|spec)\./.test(path),
  },
  {
    rule: 'todo-comment',
    category: 'quality',
    severity: 'low',
    fixable: true,
    scope: 'added',
    pattern: /(?:TODO|FIXME|XXX|HACK):/g,
    files: anyFile,
  },
];

const mostRounds = 5;
const sameFinding = 3;
const codes = { APPROVED: 0, CHANGES_REQUIRED: 1, ESCALATED: 2 } as const;

/** What the rules find in the changed files. What no fix step may touch needs a person, and outranks the rest. */
export function audit(files: readonly AuditFile[]): AuditResult {
  const findings = files.flatMap((file) => rules.flatMap((rule) => findingsOf(rule, file)));
  const nits = files.every(({ added }) => added !== null) ? 'checked' : 'skipped';
  if (findings.some(({ fixable }) => !fixable)) return result('ESCALATED', findings, nits);
  return result(findings.length > 0 ? 'CHANGES_REQUIRED' : 'APPROVED', findings, nits);
}

/** What follows a round of the audit. */
export function decideAudit(before: Rounds, { verdict, findings }: AuditResult): AuditStep {
  const rounds = seenMore(before, findings.map(keyOf));
  if (verdict === 'APPROVED') return { next: 'pass', rounds };
  if (verdict === 'ESCALATED') return { next: 'halt', reason: 'audit_escalated', rounds };
  const isStuck = Object.values(rounds.seen).some((times) => times >= sameFinding);
  if (isStuck) return { next: 'halt', reason: 'audit_circuit_breaker', rounds };
  if (rounds.rounds >= mostRounds) return { next: 'halt', reason: 'audit_max_iterations', rounds };
  return { next: 'fix', rounds };
}

function findingsOf(rule: AuditRule, { path, text, added }: AuditFile): AuditFinding[] {
  if (!rule.files(path)) return [];
  const { scope: _scope, pattern, files: _files, ...facts } = rule;
  const findings: AuditFinding[] = [];
  let line = 1;
  let from = 0;
  for (const { index } of text.matchAll(pattern)) {
    line += newlines(text, from, index);
    from = index;
    const isNew = findings.at(-1)?.line !== line;
    if (isNew && (rule.scope === 'whole' || added?.has(line))) findings.push({ ...facts, file: path, line });
  }
  return findings;
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Lines move as others are fixed, so ten of them are one place. */
function keyOf({ category, rule, file, line, severity }: AuditFinding): string {
  return [category, rule, file, Math.floor(line / 10) * 10, severity].join('|');
}

function result(verdict: AuditVerdict, findings: readonly AuditFinding[], nits: AuditResult['nits']): AuditResult {
  return { verdict, code: codes[verdict], findings, nits };
}
