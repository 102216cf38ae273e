import { cut, oneLine } from './text.ts';

export interface CommitParts {
  /** feat, fix, chore, refactor, docs, … */
  readonly type: string;
  /** Title of the issue, as it came from the tracker. */
  readonly title: string;
  /** 0: the work belongs to no issue. */
  readonly issue: number;
  readonly runId: string;
  /** Such as `sprint-1` in `feat(sprint-1): …`. */
  readonly scope?: string | null;
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
export function commitMessage(parts: CommitParts): string {
  const { issue, runId } = parts;
  const ofIssue = issue > 0 ? `Locus-Issue: ${issue}\n` : '';
  return `${commitSubject(parts)}\n\nLocus-Run: ${oneLine(runId)}\n${ofIssue}`;
}

/** One line of at most 100 characters; a title that is too long is cut, the issue's number is always there. */
function commitSubject({ type, title, issue, scope = null }: CommitParts): string {
  const prefix = scope === null ? `${type}: ` : `${type}(${scope}): `;
  const reference = issue > 0 ? ` (#${issue})` : '';
  const room = longestSubject - prefix.length - reference.length;
  return `${prefix}${cut(oneLine(title) || 'work on the task', room)}${reference}`;
}
