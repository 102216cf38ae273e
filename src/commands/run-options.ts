import { LocusFailure } from '../domain/failures.ts';
import type { SandboxMode } from '../domain/settings.ts';

/** `locus run` as it was typed. */
export interface RunOptions {
  readonly cwd: string;
  readonly issues: readonly string[];
  readonly model?: string;
  readonly sprint?: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
  readonly fresh?: boolean;
  readonly force?: boolean;
  /** `--sandbox VALUE`: `require`; `--no-sandbox`: false. */
  readonly sandbox?: string | boolean;
}

/** Issue numbers as typed, in that order, each once. */
export function issueNumbers(texts: readonly string[]): number[] {
  const numbers = texts.map((text) => {
    const number = Number(text.replace(/^#/, ''));
    if (/^#?\d{1,9}$/.test(text) && number > 0) return number;
    throw new LocusFailure('UsageInvalid', `${JSON.stringify(text)} is not an issue number`, {
      remedy: '`locus run 42` works on issue 42, `locus run` on the active sprint',
    });
  });
  return [...new Set(numbers)];
}

export function sandboxMode(value: RunOptions['sandbox']): SandboxMode | undefined {
  if (value === undefined || value === true) return undefined;
  if (value === false) return 'off';
  if (value === 'require') return 'require';
  throw new LocusFailure('UsageInvalid', `--sandbox takes "require", not ${JSON.stringify(value)}`, {
    remedy: 'use --sandbox=require, or --no-sandbox',
  });
}

export function checkCombination(options: RunOptions): void {
  const clash = (a: string, b: string) => new LocusFailure('UsageInvalid', `${a} and ${b} cannot be used together`);
  if (options.issues.length > 0 && options.sprint !== undefined) throw clash('issue numbers', '--sprint');
  if (options.detach && options.wait) throw clash('--detach', '--wait');
  if (options.resume && options.fresh) throw clash('--resume', '--fresh');
}
