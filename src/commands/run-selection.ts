import { sprintBranch } from '../domain/branch.ts';
import { commitType } from '../domain/commit.ts';
import { LocusFailure } from '../domain/failures.ts';
import { type Issue, inOrder, orderOf, type Sprint } from '../domain/issue.ts';
import { statusLabels } from '../domain/labels.ts';
import type { RunType, TaskSpec } from '../domain/run.ts';
import { issueRunId, parallelRunId, sprintRunId } from '../domain/run-id.ts';
import { sprintSlugs } from '../domain/slug.ts';
import { chooseSprint, sprintTitled } from '../domain/sprint.ts';
import type { Tracker } from '../trackers/tracker.ts';

/** What a run is to work on, as the tracker has it now. */
export interface Selection {
  readonly type: RunType;
  readonly runId: string;
  readonly sprint: Sprint | null;
  /** The sprint's branch, before it is known whether that name is free. */
  readonly branch: string | null;
  readonly only: number | null;
  /** In the order of work; done ones are not among them. */
  readonly issues: readonly Issue[];
  /** Open issues that carry `locus:done`. */
  readonly finished: readonly Issue[];
}

export async function selectSprint(
  tracker: Tracker,
  key: string,
  title: string | null,
  force: boolean,
): Promise<Selection> {
  const sprints = await tracker.listSprints();
  const sprint = chooseSprint(sprints, title);
  const issues = inOrder(await tracker.listIssues({ sprint: sprint.number, state: 'open' }));
  return sprintSelection(key, sprints, sprint, { all: issues, force, only: null });
}

export async function selectIssues(
  tracker: Tracker,
  key: string,
  numbers: readonly number[],
  force: boolean,
): Promise<Selection> {
  const issues = await Promise.all(numbers.map((number) => openIssue(tracker, number)));
  const [first] = issues;
  if (issues.length === 1 && first)
    return first.sprint === null ? standalone(key, first, force) : ofSprint(tracker, key, first, force);
  const inSprint = issues.find((issue) => issue.sprint !== null);
  if (inSprint) {
    throw new LocusFailure(
      'UsageInvalid',
      `issue #${inSprint.number} belongs to the sprint "${inSprint.sprint}", whose issues share one branch`,
      {
        remedy: `run it alone (locus run ${inSprint.number}), or the sprint`,
      },
    );
  }
  return {
    type: 'parallel',
    runId: parallelRunId(key, numbers),
    sprint: null,
    branch: null,
    only: null,
    issues: issues.filter((issue) => force || !isDone(issue)),
    finished: issues.filter((issue) => !force && isDone(issue)),
  };
}

export function taskOf(issue: Issue, branch: string): TaskSpec {
  return {
    issue: issue.number,
    title: issue.title,
    order: orderOf(issue.labels),
    commitType: commitType(issue.labels),
    branch,
    committed: null,
  };
}

async function openIssue(tracker: Tracker, number: number): Promise<Issue> {
  const issue = await tracker.getIssue(number);
  if (issue.state === 'open') return issue;
  throw new LocusFailure('IssueInvalid', `issue #${number} is closed`, {
    remedy: 'reopen it on the tracker, or choose another',
  });
}

function standalone(key: string, issue: Issue, force: boolean): Selection {
  const done = isDone(issue) && !force;
  return {
    type: 'issue',
    runId: issueRunId(key, issue.number),
    sprint: null,
    branch: null,
    only: null,
    issues: done ? [] : [issue],
    finished: done ? [issue] : [],
  };
}

async function ofSprint(tracker: Tracker, key: string, issue: Issue, force: boolean): Promise<Selection> {
  const sprints = await tracker.listSprints();
  const sprint = sprintTitled(sprints, issue.sprint ?? '');
  if (!sprint)
    throw new LocusFailure('IssueInvalid', `the sprint "${issue.sprint}" of issue #${issue.number} is not there`);
  const all = await tracker.listIssues({ sprint: sprint.number, state: 'open' });
  return sprintSelection(key, sprints, sprint, { all, force, only: issue.number });
}

function sprintSelection(
  key: string,
  sprints: readonly Sprint[],
  sprint: Sprint,
  { all, force, only }: { all: readonly Issue[]; force: boolean; only: number | null },
): Selection {
  const slug = sprintSlugs(sprints).get(sprint.number) ?? `sprint-${sprint.number}`;
  const wanted = (issue: Issue) => (only === null || issue.number === only) && (force || !isDone(issue));
  return {
    type: 'sprint',
    runId: sprintRunId(key, slug),
    sprint,
    branch: sprintBranch(slug),
    only,
    issues: all.filter(wanted),
    finished: all.filter((issue) => isDone(issue) && !wanted(issue)),
  };
}

function isDone(issue: Issue): boolean {
  return issue.labels.includes(statusLabels.done.name);
}
