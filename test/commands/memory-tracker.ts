import { LocusFailure } from '../../src/domain/failures.ts';
import type { Issue, IssueComment, Sprint } from '../../src/domain/issue.ts';
import type { Tracker } from '../../src/trackers/tracker.ts';

export interface MemoryTracker extends Tracker {
  readonly issues: Issue[];
  readonly sprints: Sprint[];
  readonly labels: string[];
}

/** The part of a tracker that the commands use, in memory. */
export function memoryTracker(comments: readonly IssueComment[] = []): MemoryTracker {
  const issues: Issue[] = [];
  const sprints: Sprint[] = [];
  const labels: string[] = [];
  const find = (number: number) => {
    const issue = issues.find((one) => one.number === number);
    if (!issue) throw new LocusFailure('IssueInvalid', `there is no issue #${number}`);
    return issue;
  };
  const part: Partial<Tracker> = {
    kind: 'local',
    getIssue: async (number) => find(number),
    listComments: async () => [...comments],
    listIssues: async ({ sprint, state }) => {
      const title = sprints.find((one) => one.number === sprint)?.title;
      return issues.filter(
        (one) => (state === 'all' || one.state === state) && (sprint === undefined || one.sprint === title),
      );
    },
    createIssue: async ({ title, body, labels: names, sprint }) => {
      const number = issues.length + 1;
      const url = `https://tracker.example/${number}`;
      const sprintTitle = sprints.find((one) => one.number === sprint)?.title ?? null;
      const issue: Issue = {
        number,
        title,
        body,
        labels: names,
        sprint: sprintTitle,
        state: 'open',
        commentCount: 0,
        url,
      };
      issues.push(issue);
      return issue;
    },
    closeIssue: async (number) => {
      issues[issues.indexOf(find(number))] = { ...find(number), state: 'closed' };
    },
    listSprints: async () => [...sprints],
    createSprint: async (title) => {
      const sprint: Sprint = { number: sprints.length + 1, title, state: 'open', openIssues: 0 };
      sprints.push(sprint);
      return sprint;
    },
    ensureLabels: async (wanted) => {
      const made = wanted.map((label) => label.name).filter((name) => !labels.includes(name));
      labels.push(...made);
      return made;
    },
  };
  return { ...(part as Tracker), issues, sprints, labels };
}
