import { type RiskLevel, riskOf } from './bug-risk.ts';
import { type BugClass, suspectedPaths, type Triage } from './triage-record.ts';

export type TestType = 'unit' | 'integration' | 'e2e' | 'contract';

/** What a person weighs a bug fix by. */
export interface Confidence {
  /** strong: it can be repeated; weak: only its error is known; manual_only: a person has to look. */
  readonly reproduction_strength: 'strong' | 'weak' | 'manual_only';
  readonly test_type: TestType;
  readonly files_changed: number;
  readonly lines_changed: number;
  readonly risk_level: RiskLevel;
}

const testTypes: Readonly<Record<BugClass, TestType>> = {
  runtime_error: 'unit',
  logic_bug: 'unit',
  integration_issue: 'integration',
  edge_case: 'e2e',
  contract_violation: 'contract',
};

export function testTypeOf(bugClass: BugClass): TestType {
  return testTypes[bugClass];
}

/** `change`: what the branch changes so far. */
export function confidenceOf(
  triage: Triage,
  change: { readonly files: number; readonly lines: number } = { files: 0, lines: 0 },
): Confidence {
  return {
    reproduction_strength: reproductionStrength(triage),
    test_type: testTypeOf(triage.class),
    files_changed: change.files,
    lines_changed: change.lines,
    risk_level: riskOf(suspectedPaths(triage)).level,
  };
}

function reproductionStrength({ reproduction, evidence }: Triage): Confidence['reproduction_strength'] {
  if (reproduction.failing_test !== null || reproduction.steps.length > 0) return 'strong';
  const hasError = evidence.stack_trace.length > 0 || evidence.production_error_log !== null;
  return hasError ? 'weak' : 'manual_only';
}
