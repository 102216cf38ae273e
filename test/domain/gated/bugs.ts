import type { Triage } from '../../../src/domain/gated/triage-record.ts';

/** A triage in which nothing is known but what the bug is called. */
export const bareTriage: Triage = {
  title: 'Login crashes',
  class: 'runtime_error',
  severity: null,
  reproduction: { steps: [], failing_test: null },
  expected: null,
  actual: null,
  evidence: { stack_trace: [], production_error_log: null, regression_baseline: null },
  disqualifiers: [],
  suspected_files: [],
  related_tests: [],
  strategy: '',
  fix_hints: [],
  questions: [],
};

export const fullTriage: Triage = {
  ...bareTriage,
  severity: 'high',
  reproduction: { steps: ['open /login', 'press enter'], failing_test: null },
  expected: 'a message',
  actual: 'a crash',
  evidence: { ...bareTriage.evidence, stack_trace: [{ file: 'src/list.ts', line: 10 }] },
  suspected_files: [{ file: 'src/list.ts', lines: '10-12', confidence: 'high', reason: 'null is not looked for' }],
  related_tests: ['test/list.test.ts'],
  strategy: 'look for null',
  fix_hints: [{ file: 'src/list.ts', action: 'validate', target: 'first()', constraint: 'same signature' }],
};
