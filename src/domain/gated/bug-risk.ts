import type { Mode } from './state.ts';

export type RiskLevel = 'low' | 'medium' | 'high';

/** Words in a path that say: here a mistake costs more than the bug. */
const riskyWords: ReadonlySet<string> = new Set(
  [
    ...['auth', 'authentication', 'login', 'password', 'token', 'jwt', 'oauth'],
    ...['payment', 'billing', 'charge', 'stripe', 'checkout'],
    ...['migration', 'schema', 'database', 'db'],
    ...['encrypt', 'decrypt', 'secret', 'credential', 'key'],
  ].flatMap((word) => [word, `${word}s`]),
);

/** From this many suspected files on, nobody knows yet where the bug is. */
const manyFiles = 4;

export interface Risk {
  readonly level: RiskLevel;
  /** The paths that make it high. */
  readonly paths: readonly string[];
}

export interface RiskGate {
  /** `ask`: a person says yes or no before anything is implemented. */
  readonly action: 'proceed' | 'ask' | 'halt';
  /** For people; empty where there is nothing to say. */
  readonly message: string;
}

/** Of the paths that a triage suspects; with none of them, or many, it is medium. */
export function riskOf(suspected: readonly string[]): Risk {
  const paths = suspected.filter(isRisky);
  if (paths.length > 0) return { level: 'high', paths };
  return { level: suspected.length === 0 || suspected.length >= manyFiles ? 'medium' : 'low', paths };
}

/** Whole words only, split where a path or a name in it changes: `src/OAuthKeys.ts` is, `src/monkey.ts` is not. */
export function isRisky(path: string): boolean {
  const split = path.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ');
  // Unsplit, too: an abbreviation with a plural, such as `JWTs`, is no name of two words.
  return `${split} ${path}`
    .toLowerCase()
    .split(/[^a-z]+/)
    .some((word) => riskyWords.has(word));
}

/** Before a bug is implemented. */
export function riskGate({ level, paths }: Risk, mode: Mode, allowHigh: boolean): RiskGate {
  if (level !== 'high') return { action: 'proceed', message: '' };
  const risk = `high risk: ${paths.join(', ')}`;
  if (mode === 'interactive') return { action: 'ask', message: risk };
  if (allowHigh) return { action: 'proceed', message: `${risk}, let by --allow-high` };
  return { action: 'halt', message: `${risk}; a person has to let it, with --allow-high` };
}
