import { cut, oneLine } from './text.ts';

export interface CommitParts {
  /** feat, fix, chore, refactor, docs, … */
  readonly type: string;
  /** Title of the issue, as it came from the tracker. */
  readonly title: string;
  readonly issue: number;
  readonly runId: string;
}

const longestSubject = 100;

/** Commit type of an issue, from its first `type:` label. */
export function commitType(labels: readonly string[]): string {
  for (const label of labels) {
    const type = /^type:([a-z][a-z0-9-]{0,19})$/i.exec(label)?.[1]?.toLowerCase();
    if (type) return renamed.get(type) ?? type;
  }
  return 'feat';
}

const renamed = new Map([
  ['feature', 'feat'],
  ['bug', 'fix'],
]);

/** The message of the commit that Locus makes of what an agent left uncommitted. */
export function commitMessage({ type, title, issue, runId }: CommitParts): string {
  return `${commitSubject(type, title, issue)}\n\nLocus-Run: ${oneLine(runId)}\nLocus-Issue: ${issue}\n`;
}

/** One line of at most 100 characters; a title that is too long is cut, the issue's number is always there. */
function commitSubject(type: string, title: string, issue: number): string {
  const prefix = `${type}: `;
  const reference = ` (#${issue})`;
  const room = longestSubject - prefix.length - reference.length;
  return `${prefix}${cut(oneLine(title) || 'work on the issue', room)}${reference}`;
}
