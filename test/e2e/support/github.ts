import type { GitHubStandIn, StandInIssue } from '../../support/github-stand-in/server.mjs';

/** What an issue looks like to a person, for comparisons: its labels sorted, its comments by their first line. */
export interface IssueView {
  readonly labels: readonly string[];
  readonly comments: readonly string[];
}

export function issueOf(github: GitHubStandIn, number: number): StandInIssue {
  const issue = github.state().issues.find((one) => one.number === number);
  if (!issue) throw new Error(`no issue #${number}`);
  return issue;
}

export function viewOfIssue(github: GitHubStandIn, number: number): IssueView {
  const issue = issueOf(github, number);
  return { labels: labelsOf(issue), comments: issue.comments.map(({ body }) => body.split('\n', 1)[0] ?? '') };
}

export function labelsOf(issue: Pick<StandInIssue, 'labels'>): string[] {
  return issue.labels.map(({ name }) => name).sort();
}

/** Pull requests as `number head→base state "title"`. */
export function pullsOf(github: GitHubStandIn): string[] {
  return github
    .state()
    .pulls.map(
      (pull) =>
        `#${pull.number} ${pull.head.ref}→${pull.base.ref} ${pull.merged_at ? 'merged' : pull.state} ${JSON.stringify(pull.title)}`,
    );
}

/** Requests since `from` that may have changed something. */
export function writesOf(github: GitHubStandIn, from = 0): string[] {
  return github.log
    .slice(from)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

/** How often each kind of request was made; numbers in paths are shown as N. */
export function callsOf(github: GitHubStandIn, from = 0): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path } of github.log.slice(from)) {
    const kind = `${method} ${decodeURIComponent(path)
      .replace(/^\/repos\/[^/]+\/[^/?]+/, '')
      .replace(/\?.*$/, '')
      .replace(/\/\d+(?=\/|$)/g, '/N')}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
