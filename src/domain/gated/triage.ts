import { disqualifiersIn } from './disqualifiers.ts';
import { severities } from './findings.ts';
import type { DisqualifierKind, Triage } from './triage-record.ts';

export const mostQuestions = 5;
/** Below: rejected. At it: a person confirms. Above: accepted. */
export const confirmAt = 2;

export const noTestRunner = 'there is no test runner in this repository: a bug is fixed test first';

export interface Eligibility {
  readonly decision: 'reject' | 'confirm' | 'accept';
  readonly points: number;
  /** What the points are for. */
  readonly signs: readonly string[];
  readonly disqualifiers: readonly DisqualifierKind[];
}

export type NeededField = 'reproduction' | 'expected' | 'actual' | 'severity';

export interface OpenQuestion {
  /** null for one of the agent's own. */
  readonly field: NeededField | null;
  readonly text: string;
}

export type TriageStep =
  | { readonly kind: 'halt'; readonly reason: 'no_test_runner'; readonly message: string }
  | { readonly kind: 'reject' | 'accept'; readonly message: string; readonly eligibility: Eligibility }
  | { readonly kind: 'confirm'; readonly message: string; readonly eligibility: Eligibility }
  | { readonly kind: 'ask'; readonly questions: readonly OpenQuestion[]; readonly eligibility: Eligibility };

export interface TriageInput {
  /** The bug as it was reported, redacted. */
  readonly text: string;
  readonly triage: Triage;
  /** Tracked files, relative to the repository's root. */
  readonly files: ReadonlySet<string>;
  /** What runs the tests here; null where nothing was found. */
  readonly testCommand: string | null;
  /** What a person said to `confirm`; null where nobody was asked. */
  readonly confirmed: boolean | null;
  /** How many questions have been answered so far. */
  readonly answered: number;
}

/** What is to happen with a bug that has been looked at. */
export function triageStep({ text, triage, files, testCommand, confirmed, answered }: TriageInput): TriageStep {
  if (testCommand === null) {
    return { kind: 'halt', reason: 'no_test_runner', message: noTestRunner };
  }
  const eligibility = judgeEligibility(text, triage, files);
  const { decision, points, disqualifiers } = eligibility;
  if (disqualifiers.length > 0) {
    return { kind: 'reject', message: `this is a feature (${disqualifiers.join(', ')}), no bug`, eligibility };
  }
  if (decision === 'reject')
    return { kind: 'reject', message: `too little shows that it is a bug (${points})`, eligibility };
  if (decision === 'confirm' && confirmed === null) {
    return { kind: 'confirm', message: `just enough shows that it is a bug (${points}): is it one?`, eligibility };
  }
  if (decision === 'confirm' && !confirmed) return { kind: 'reject', message: 'it was said to be no bug', eligibility };

  const missing = missingFields(triage);
  const questions = openQuestions(triage, missing, answered);
  if (questions.length > 0) return { kind: 'ask', questions, eligibility };
  if (missing.length > 0) {
    return { kind: 'reject', message: `after ${answered} questions nobody knows: ${missing.join(', ')}`, eligibility };
  }
  return { kind: 'accept', message: `it is a bug (${points})`, eligibility };
}

export function judgeEligibility(text: string, triage: Triage, files: ReadonlySet<string>): Eligibility {
  const { reproduction, evidence } = triage;
  const signs: readonly (readonly [string, number, boolean])[] = [
    ['failing_test', 2, reproduction.failing_test !== null],
    ['repro_steps', 2, reproduction.steps.length > 0],
    ['stack_trace_existing_location', 1, evidence.stack_trace.some(({ file }) => isTracked(file, files))],
    ['production_error_log', 1, evidence.production_error_log !== null],
    ['regression_baseline', 1, evidence.regression_baseline !== null],
  ];
  const seen = signs.filter(([, , isThere]) => isThere);
  const points = seen.reduce((sum, [, worth]) => sum + worth, 0);
  const disqualifiers = [...new Set([...disqualifiersIn(text), ...triage.disqualifiers])];
  const enough = points === confirmAt ? 'confirm' : 'accept';
  const decision = disqualifiers.length > 0 || points < confirmAt ? 'reject' : enough;
  return { decision, points, signs: seen.map(([name]) => name), disqualifiers };
}

export function missingFields({ reproduction, expected, actual, severity }: Triage): NeededField[] {
  const isKnown: Readonly<Record<NeededField, boolean>> = {
    reproduction: reproduction.steps.length > 0 || reproduction.failing_test !== null,
    expected: expected !== null,
    actual: actual !== null,
    severity: severity !== null,
  };
  return (Object.keys(isKnown) as NeededField[]).filter((field) => !isKnown[field]);
}

/** A person's answer put in its place. One that says nothing, or names no severity, leaves the field open. */
export function withAnswer(triage: Triage, field: NeededField, answer: string): Triage {
  const text = answer.trim();
  if (text === '') return triage;
  if (field === 'reproduction')
    return { ...triage, reproduction: { ...triage.reproduction, steps: text.split(/\s*\n\s*/) } };
  if (field !== 'severity') return { ...triage, [field]: text };
  return { ...triage, severity: severities.find((severity) => severity === text.toLowerCase()) ?? triage.severity };
}

const questionTexts: Readonly<Record<NeededField, string>> = {
  reproduction: 'How can the bug be repeated? One step a line.',
  expected: 'What should happen?',
  actual: 'What happens instead?',
  severity: `How severe is it: ${severities.join(', ')}?`,
};

/** What is needed first; the agent's own questions once, where there is room. */
function openQuestions(triage: Triage, missing: readonly NeededField[], answered: number): OpenQuestion[] {
  const own = answered === 0 ? triage.questions.map((text) => ({ field: null, text })) : [];
  const needed = missing.map((field) => ({ field, text: questionTexts[field] }));
  return [...needed, ...own].slice(0, Math.max(0, mostQuestions - answered));
}

/** A trace may come from another machine, where the repository lies in another folder. */
function isTracked(location: string, files: ReadonlySet<string>): boolean {
  const parts = location
    .replaceAll('\\', '/')
    .replace(/^(?:\.\/)+/, '')
    .split('/');
  return parts.some((_, index) => {
    const path = parts.slice(index).join('/');
    return files.has(path) && (index === 0 || path.includes('/'));
  });
}
