export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly labels: readonly string[];
  /** Title of the sprint (milestone) it belongs to. */
  readonly sprint: string | null;
  readonly commentCount: number;
  readonly url: string;
}

export interface IssueComment {
  readonly author: string;
  readonly body: string;
}

/** A milestone on the tracker. */
export interface Sprint {
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly openIssues: number;
}

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed' | 'merged';
  /** Branch names, without `refs/heads/`. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

const orderLabel = /^order:(\d+)$/;

/** The first `order:<n>` label decides; null where there is none. */
export function orderOf(labels: readonly string[]): number | null {
  for (const label of labels) {
    const match = orderLabel.exec(label);
    if (match) return Number(match[1]);
  }
  return null;
}

/** Sprint order: by `order:<n>`, those without one last, then by issue number. */
export function inOrder<T extends { readonly number: number; readonly labels: readonly string[] }>(
  issues: readonly T[],
): T[] {
  const rank = (issue: T) => orderOf(issue.labels) ?? Number.POSITIVE_INFINITY;
  return [...issues].sort((a, b) => (rank(a) === rank(b) ? a.number - b.number : rank(a) - rank(b)));
}
