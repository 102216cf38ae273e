import { isObject, jsonIn, textOf } from './json-answer.ts';
import type { RedTeamInput, RedTeamSkip } from './red-team-input.ts';

const classes = ['CONFIRMED_DIVERGENCE', 'PARTIAL_IMPLEMENTATION', 'FULLY_IMPLEMENTED'] as const;
export type RedTeamClass = (typeof classes)[number];

/** What the red team says about one requirement of the design. */
export interface RedTeamFinding {
  readonly id: string;
  readonly sdd_section: string;
  readonly sdd_requirement: string;
  readonly code_evidence: string;
  readonly classification: RedTeamClass;
  /** 0 to 1000. */
  readonly severity: number;
  readonly recommendation: string;
}

export interface RedTeamSummary {
  readonly total: number;
  readonly confirmed_divergence: number;
  readonly partial_implementation: number;
  readonly fully_implemented: number;
  readonly actionable: number;
}

/** What the gate has come to. `code`: 0 ok or skipped, 1 the model failed, 2 there was nothing to compare with. */
export type RedTeamRecord =
  | {
      readonly outcome: 'checked';
      readonly code: 0;
      readonly findings: readonly RedTeamFinding[];
      readonly summary: RedTeamSummary;
    }
  | { readonly outcome: 'skipped'; readonly code: 0; readonly reason: RedTeamSkip }
  | { readonly outcome: 'halted'; readonly code: 2; readonly reason: 'sdd_not_found' }
  | {
      readonly outcome: 'degraded';
      readonly code: 1;
      readonly reason: 'model_invocation_failed' | 'empty_or_invalid_model_output';
      /** The agent's; null where it did not end by itself. */
      readonly exit_code: number | null;
    };

/** The record of a gate that could not even ask; null where there is something to ask. */
export function recordOfInput(input: RedTeamInput): RedTeamRecord | null {
  if (input.kind === 'ready') return null;
  if (input.kind === 'halted') return { outcome: 'halted', code: 2, reason: input.reason };
  return { outcome: 'skipped', code: 0, reason: input.reason };
}

/** The record of an agent's answer. Whatever cannot be read whole is degraded: what is left out of it could be the worst. */
export function recordOfAnswer(
  answer: { readonly text: string; readonly exitCode: number | null },
  threshold: number,
): RedTeamRecord {
  const degraded = (reason: (RedTeamRecord & { outcome: 'degraded' })['reason']): RedTeamRecord => ({
    outcome: 'degraded',
    code: 1,
    reason,
    exit_code: answer.exitCode,
  });
  if (answer.exitCode !== 0) return degraded('model_invocation_failed');
  const json = jsonIn(answer.text);
  const listed = isObject(json) && Array.isArray(json.findings) ? json.findings : null;
  const findings = listed?.map(findingOf) ?? [null];
  if (!findings.every((finding) => finding !== null)) return degraded('empty_or_invalid_model_output');
  return { outcome: 'checked', code: 0, findings, summary: summaryOf(findings, threshold) };
}

export function isActionable({ classification, severity }: RedTeamFinding, threshold: number): boolean {
  return classification === 'CONFIRMED_DIVERGENCE' && severity >= threshold;
}

/** The class is what the model said, whatever severity it gave to it. */
export function summaryOf(findings: readonly RedTeamFinding[], threshold: number): RedTeamSummary {
  const count = (wanted: RedTeamClass) => findings.filter(({ classification }) => classification === wanted).length;
  return {
    total: findings.length,
    confirmed_divergence: count('CONFIRMED_DIVERGENCE'),
    partial_implementation: count('PARTIAL_IMPLEMENTATION'),
    fully_implemented: count('FULLY_IMPLEMENTED'),
    actionable: findings.filter((finding) => isActionable(finding, threshold)).length,
  };
}

function findingOf(value: unknown): RedTeamFinding | null {
  if (!isObject(value)) return null;
  const classification = classes.find((each) => each === textOf(value.classification).trim().toUpperCase());
  const severity = severityOf(value.severity ?? (classification === 'FULLY_IMPLEMENTED' ? 0 : null));
  if (classification === undefined || severity === null) return null;
  return {
    id: textOf(value.id),
    sdd_section: textOf(value.sdd_section),
    sdd_requirement: textOf(value.sdd_requirement),
    code_evidence: textOf(value.code_evidence),
    classification,
    severity,
    recommendation: textOf(value.recommendation),
  };
}

/** Models write numbers as text, too. */
function severityOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,4}$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number') return null;
  return number >= 0 && number <= 1000 ? number : null;
}
