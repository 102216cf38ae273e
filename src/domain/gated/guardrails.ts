import { redact } from '../redact.ts';
import { cut, oneLine } from '../text.ts';
import { type DangerJudgement, dangerOf, type GuardAction, judgeRole } from './danger.ts';
import { inputProblem } from './guard-input.ts';
import { detectInjection } from './injection.ts';
import { type PiiOptions, redactPii } from './pii.ts';
import type { Mode } from './state.ts';

export interface GuardrailSettings {
  readonly enabled: boolean;
  readonly injection: { readonly mode: 'blocking' | 'advisory'; readonly threshold: number };
  readonly danger: { readonly enabled: boolean };
}

export interface GuardedInput {
  /** Who is to read the text. */
  readonly role: string;
  readonly text: string;
  readonly mode: Mode;
  readonly allowHigh: boolean;
  readonly pii?: PiiOptions;
}

export type CheckStatus = 'PASS' | 'WARN' | 'FAIL' | 'SKIP';

/** What one guardrail says. Values of the text are never in it. */
export interface GuardrailCheck {
  readonly name: 'pii_filter' | 'injection_detection';
  /** SKIP: it did not run; `reason` says why. */
  readonly status: CheckStatus;
  readonly mode: 'blocking' | 'advisory';
  readonly reason?: string;
  readonly redactions?: number;
  readonly types?: readonly string[];
  readonly counts?: Readonly<Record<string, number>>;
  readonly score?: number;
  readonly threshold?: number;
  readonly categories?: Readonly<Record<string, number>>;
}

export interface GuardrailOutcome {
  /** Of the whole: the worst of its parts. */
  readonly action: GuardAction;
  /** What the role may read. An empty text where it is blocked. */
  readonly text: string;
  readonly danger: DangerJudgement;
  readonly input: { readonly action: GuardAction; readonly checks: readonly GuardrailCheck[] };
}

/** The guardrails themselves; another set is for tests of what happens where one fails. */
export interface Guardrails {
  readonly judgeRole: typeof judgeRole;
  readonly redactPii: typeof redactPii;
  readonly detectInjection: typeof detectInjection;
}

const usual: Guardrails = { judgeRole, redactPii, detectInjection };

/** Danger level → personal data → injection, on the redacted text. One that fails lets the text pass and says so. */
export function guardInput(
  input: GuardedInput,
  settings: GuardrailSettings,
  rails: Guardrails = usual,
): GuardrailOutcome {
  const { mode } = settings.injection;
  const danger = dangerGate(input, settings, rails);
  const skipped = (reason: string, action: GuardAction): GuardrailOutcome => ({
    action: worst([danger.action, action]),
    text: action === 'BLOCK' ? '' : input.text,
    danger,
    input: { action, checks: [skip('pii_filter', 'advisory', reason), skip('injection_detection', mode, reason)] },
  });
  if (danger.action === 'BLOCK') return skipped('the danger level blocks', 'BLOCK');
  if (!settings.enabled) return skipped('guardrails.enabled is false', 'PROCEED');
  const problem = inputProblem(input.text);
  if (problem !== null) return skipped(problem, 'BLOCK');

  const pii = piiFilter(input, rails);
  const injection = injectionDetection(pii.text, settings, rails);
  const checks = [pii.check, injection];
  const action = worst(checks.map(actionOf));
  return {
    action: worst([danger.action, action]),
    text: action === 'BLOCK' ? '' : pii.text,
    danger,
    input: { action, checks },
  };
}

/**
 * Texts that have passed and are read one after the other: to a model they are one, so that what is divided among them
 * counts as one. null: one of them alone is as bad.
 */
export function guardTogether(
  texts: readonly string[],
  settings: GuardrailSettings,
  rails: Pick<Guardrails, 'detectInjection'> = usual,
): GuardrailOutcome['input'] | null {
  if (!settings.enabled || texts.length < 2) return null;
  const scored = (text: string) => injectionDetection(text, settings, rails);
  const whole = scored(texts.join('\n'));
  if (whole.status === 'PASS' || texts.some((text) => scored(text).status === whole.status)) return null;
  return { action: actionOf(whole), checks: [{ ...whole, reason: whole.reason ?? 'several texts, read as one' }] };
}

function dangerGate(
  { role, mode, allowHigh }: GuardedInput,
  { enabled, danger }: GuardrailSettings,
  rails: Guardrails,
): DangerJudgement {
  const passed = (action: GuardAction, reason: string): DangerJudgement => {
    return { level: dangerOf(role), mode, action, override_used: false, reason };
  };
  if (!enabled) return passed('PROCEED', 'not judged: guardrails.enabled is false');
  if (!danger.enabled) return passed('PROCEED', 'not judged: guardrails.danger.enabled is false');
  try {
    return rails.judgeRole(role, mode, allowHigh);
  } catch (error) {
    return passed('WARN', failed(error));
  }
}

function piiFilter({ text, pii }: GuardedInput, rails: Guardrails): { text: string; check: GuardrailCheck } {
  const about = { name: 'pii_filter', mode: 'advisory' } as const;
  try {
    const { text: clean, status, redactions, types, counts } = rails.redactPii(text, pii);
    return { text: clean, check: { ...about, status, redactions, types, counts } };
  } catch (error) {
    return { text, check: skip('pii_filter', 'advisory', failed(error)) };
  }
}

function injectionDetection(
  text: string,
  { injection }: GuardrailSettings,
  rails: Pick<Guardrails, 'detectInjection'>,
): GuardrailCheck {
  const about = { name: 'injection_detection', mode: injection.mode } as const;
  try {
    const { status, score, threshold, categories } = rails.detectInjection(text, injection.threshold);
    const hit = injection.mode === 'blocking' ? 'FAIL' : 'WARN';
    return { ...about, status: status === 'DETECTED' ? hit : 'PASS', score, threshold, categories };
  } catch (error) {
    return skip(about.name, about.mode, failed(error));
  }
}

function skip(name: GuardrailCheck['name'], mode: GuardrailCheck['mode'], reason: string): GuardrailCheck {
  return { name, status: 'SKIP', mode, reason };
}

function failed(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `it failed, so the text passed: ${cut(oneLine(redact(message)), 200)}`;
}

/** A check that was to run and did not is worth a warning. */
function actionOf({ status }: GuardrailCheck): GuardAction {
  if (status === 'PASS') return 'PROCEED';
  return status === 'FAIL' ? 'BLOCK' : 'WARN';
}

function worst(actions: readonly GuardAction[]): GuardAction {
  if (actions.includes('BLOCK')) return 'BLOCK';
  return actions.includes('WARN') ? 'WARN' : 'PROCEED';
}
