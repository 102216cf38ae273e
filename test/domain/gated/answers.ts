import type { Finding, Gate, Severity } from '../../../src/domain/gated/state.ts';

/** Answers of gates, right but for what a test changes. */

export function finding(change: Partial<Finding> = {}): Finding {
  return {
    id: 'F1',
    category: 'security',
    rule: 'hardcoded-secret',
    file: 'a.ts',
    line: 11,
    severity: 'high',
    message: 'a password stands in the code',
    fix: 'read it from the environment',
    ...change,
  };
}

export function findingsBlock(findings: readonly unknown[]): string {
  return `\`\`\`locus-findings\n${JSON.stringify(findings, null, 2)}\n\`\`\``;
}

export interface Told {
  readonly gate?: Gate;
  readonly verdict?: 'APPROVED' | 'CHANGES_REQUIRED';
  readonly findings?: readonly Finding[];
}

export function trailer({ gate = 'review', verdict = 'APPROVED', findings = [] }: Told): Record<string, unknown> {
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length;
  return {
    gate,
    verdict,
    counts: { critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low') },
    sprint_id: 'sprint-1',
    ts: '2026-11-21T22:00:00Z',
  };
}

interface Written extends Told {
  readonly firstLine?: string;
  readonly block?: string;
  readonly trailer?: Record<string, unknown>;
}

export function answer(told: Written): string {
  const { firstLine = 'All good', block = findingsBlock(told.findings ?? []) } = told;
  const line = `<!-- LOCUS-VERDICT ${JSON.stringify(told.trailer ?? trailer(told))} -->`;
  return `${firstLine}\n\nSome prose.\n\n${block}\n\n${line}\n`;
}
