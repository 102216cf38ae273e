import { LocusFailure } from '../failures.ts';
import { readMarkdown } from './markdown.ts';

/** `YYYYMMDD-6hex`, or `YYYYMMDD-iN-6hex` for one from issue N. */
export function bugId(startedAt: string, hex: string, issue: number | null = null): string {
  const date = /^(\d{4})-(\d{2})-(\d{2})T/.exec(startedAt)?.slice(1).join('');
  const random = /^[0-9a-f]{6}/.exec(hex)?.[0];
  if (!date || !random || (issue !== null && !(Number.isSafeInteger(issue) && issue > 0))) {
    throw new LocusFailure('UsageInvalid', `no bug can be named by ${JSON.stringify([startedAt, hex, issue])}`);
  }
  return issue === null ? `${date}-${random}` : `${date}-i${issue}-${random}`;
}

export function isBugId(name: string): boolean {
  return /^\d{8}-(?:i[1-9]\d*-)?[0-9a-f]{6}$/.test(name);
}

export function bugBranch(id: string): string {
  return `bugfix/${id}`;
}

/** Where numbers of bug sprints have been given. What is not there, or cannot be read, counts as none. */
export interface BugSprintTraces {
  /** Text of `.locus/bugs/counter`. */
  readonly counter: string | null;
  /** The same, on the remote's default branch, and on the base where that is another one. */
  readonly remoteCounters: readonly (string | null)[];
  /** Names in `.locus/bugs/claims/`: `sprint-bug-N`, or only the number. */
  readonly claims: readonly string[];
  /** Texts of `.locus/bugs/*.md`. */
  readonly documents: readonly string[];
}

/** The number that the next bug sprint gets. */
export function nextBugSprint({ counter, remoteCounters, claims, documents }: BugSprintTraces): number {
  const given = [
    ...[counter, ...remoteCounters].map((text) => numberIn(text?.trim())),
    ...claims.map((name) => numberIn(name.replace(/^sprint-bug-/, ''))),
    ...documents.flatMap(bugSprintHeadings),
  ];
  return 1 + given.reduce((largest, number) => Math.max(largest, number), 0);
}

export function bugSprintId(number: number): string {
  return `sprint-bug-${number}`;
}

/** Numbers of the headings that are `sprint-bug-N`, or `sprint-bug-N: title`; prose, ranges and code are no headings. */
export function bugSprintHeadings(document: string): number[] {
  return readMarkdown(document).outside.flatMap((line) => {
    const number = /^#{1,6}[ \t]+sprint-bug-(\d+)(?::.*|[ \t#]*)$/.exec(line)?.[1];
    return number === undefined ? [] : [numberIn(number)];
  });
}

function numberIn(text = ''): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}
