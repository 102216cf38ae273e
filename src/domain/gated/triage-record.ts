import { cut, oneLine } from '../text.ts';
import { isObject } from './json-answer.ts';
import type { Severity } from './state.ts';

export const bugClasses = [
  'runtime_error',
  'logic_bug',
  'integration_issue',
  'edge_case',
  'contract_violation',
] as const;
export type BugClass = (typeof bugClasses)[number];

export const confidences = ['high', 'medium', 'low'] as const;
export const hintActions = ['fix', 'add', 'remove', 'refactor', 'encode', 'validate'] as const;
export const disqualifierKinds = ['endpoint', 'ui', 'schema', 'architecture', 'config'] as const;
export type DisqualifierKind = (typeof disqualifierKinds)[number];

export interface Suspect {
  /** Relative to the repository's root, with `/`. */
  readonly file: string;
  /** Such as `10-20`; empty for the file as a whole. */
  readonly lines: string;
  readonly confidence: (typeof confidences)[number];
  readonly reason: string;
}

export interface FixHint {
  readonly file: string;
  readonly action: (typeof hintActions)[number];
  readonly target: string;
  readonly constraint: string;
}

/** What a triage agent found out. What it does not know is null or empty. */
export interface Triage {
  readonly title: string;
  readonly class: BugClass;
  readonly severity: Severity | null;
  readonly reproduction: { readonly steps: readonly string[]; readonly failing_test: string | null };
  readonly expected: string | null;
  readonly actual: string | null;
  readonly evidence: {
    readonly stack_trace: readonly { readonly file: string; readonly line: number }[];
    readonly production_error_log: string | null;
    readonly regression_baseline: string | null;
  };
  readonly disqualifiers: readonly DisqualifierKind[];
  readonly suspected_files: readonly Suspect[];
  readonly related_tests: readonly string[];
  readonly strategy: string;
  readonly fix_hints: readonly FixHint[];
  readonly questions: readonly string[];
}

/** Everything that a fix is expected to touch. */
export function suspectedPaths({ suspected_files, fix_hints }: Triage): string[] {
  return [...new Set([...suspected_files, ...fix_hints].map(({ file }) => file))];
}

const longestText = 4000;
const longestLine = 500;
const mostItems = 50;

/** Reads values of a model's JSON, and keeps what is wrong with them. */
export class TriageReader {
  readonly problems: string[] = [];

  object(value: unknown, name: string): Readonly<Record<string, unknown>> {
    if (isObject(value)) return value;
    if (value !== undefined && value !== null) this.problems.push(`${name} is no object`);
    return {};
  }

  /** Of a list, at most 50 items; of a missing one, none. */
  list<T>(value: unknown, name: string, read: (item: unknown, name: string) => T | null): T[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.problems.push(`${name} is no list`);
      return [];
    }
    return value
      .slice(0, mostItems)
      .map((item, index) => read(item, `${name}[${index}]`))
      .filter((item) => item !== null);
  }

  line(value: unknown, name: string): string | null {
    const text = this.#string(value, name);
    return text === null ? null : cut(oneLine(text), longestLine) || null;
  }

  text(value: unknown, name: string): string | null {
    const text = this.#string(value, name)?.replace(/\r\n?/g, '\n').trim() ?? '';
    return cut(text, longestText) || null;
  }

  oneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T | null {
    const found = choices.find((choice) => choice === value);
    if (!found) this.problems.push(`${name} is one of ${choices.join(', ')}`);
    return found ?? null;
  }

  /** A path inside the repository. */
  path(value: unknown, name: string): string | null {
    const path = this.line(value, name)?.replace(/^(?:\.\/)+/, '') ?? '';
    const isInside = path !== '' && !/^(?:[/~\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes('..');
    if (!isInside) this.problems.push(`${name} is a path inside the repository`);
    return isInside ? path : null;
  }

  #string(value: unknown, name: string): string | null {
    if (typeof value === 'string') return value;
    if (value !== undefined && value !== null) this.problems.push(`${name} is no text`);
    return null;
  }
}
