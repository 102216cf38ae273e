import { type InjectionCategory, injectionRules, lookAlikes } from './injection-patterns.ts';

export const defaultThreshold = 0.7;

export interface InjectionReport {
  readonly status: 'PASS' | 'DETECTED';
  /** 0 to 1, in steps of 0.05. */
  readonly score: number;
  readonly threshold: number;
  /** How many different patterns of each category are in the text; only categories with one. */
  readonly categories: Readonly<Partial<Record<InjectionCategory, number>>>;
}

/** How much a text looks like orders to a model. At most 1 MiB is meant to come in: see `inputProblem`. */
export function detectInjection(text: string, threshold = defaultThreshold): InjectionReport {
  const written = normalised(text);
  const lower = written.toLowerCase();
  const categories: Partial<Record<InjectionCategory, number>> = {};
  let hundredths = 0;
  for (const { category, weight, patterns, caseSensitive } of compiled) {
    const found = patterns.filter((pattern) => isIn(lower, pattern)).length;
    const count = found + caseSensitive.filter((pattern) => isIn(written, pattern)).length;
    if (count === 0) continue;
    categories[category] = count;
    hundredths += Math.min(weight + ((count - 1) * weight) / 2, 1.5 * weight);
  }
  const score = Math.min(hundredths, 100) / 100;
  return { status: score >= threshold ? 'DETECTED' : 'PASS', score, threshold, categories };
}

/** A threshold from outside: `0` to `1`, with a digit before the point; null where it is none. */
export function parseThreshold(text: string): number | null {
  return /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text) ? Number(text) : null;
}

/** What a reader sees, in Latin letters and with single spaces: hiding and disguise undone, case kept. */
export function normalised(text: string): string {
  return (
    text
      // Letters that are blank.
      .replace(/[\u115F\u1160\u2800\u3164\uFFA0]/g, ' ')
      .replace(/\p{Default_Ignorable_Code_Point}+/gu, '')
      // Marks without end on one letter: putting those in order takes NFKC minutes.
      .replace(/(\p{M}{8})\p{M}+/gu, '$1')
      // Arabic phrases in one character, which NFKC would make up to 18 times as long.
      .replace(/[\uFDF0-\uFDFC]/g, '\uFFFD')
      .normalize('NFKC')
      .replace(/[\u0370-\u03FF\u0400-\u052F]/g, (character) => lookAlikes.get(character) ?? character)
      .replace(/\s+/g, ' ')
  );
}

// A pattern is searched part by part: `.*` in one expression takes the square of the text's length where its end is missing.
type Parts = readonly RegExp[];

const compiled = Object.entries(injectionRules).map(([category, { weight, patterns, caseSensitive = [] }]) => ({
  category: category as InjectionCategory,
  weight,
  patterns: patterns.map(partsOf),
  caseSensitive: caseSensitive.map(partsOf),
}));

function partsOf(pattern: string): Parts {
  return pattern.split('.*').map((part) => new RegExp(part, 'g'));
}

function isIn(text: string, parts: Parts): boolean {
  let from = 0;
  return parts.every((part) => {
    part.lastIndex = from;
    const found = part.test(text);
    from = part.lastIndex;
    return found;
  });
}
