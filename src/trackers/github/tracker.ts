import { z } from 'zod';
import { LocusFailure } from '../../domain/failures.ts';
import type { Sprint } from '../../domain/issue.ts';
import { holdsMarker, sameText } from '../text.ts';
import type { PullDraft, Tracker } from '../tracker.ts';
import {
  commentAnswer,
  isPull,
  issueAnswer,
  labelAnswer,
  milestoneAnswer,
  repositoryAnswer,
  toIssue,
} from './answers.ts';
import { createCall, type GitHubOptions } from './client.ts';
import { alreadyExists, statusOf } from './failures.ts';
import { createPulls } from './pulls.ts';

const anything = z.unknown();

/** GitHub and GitHub Enterprise over REST. Each method makes as few requests as it can, and retries none. */
export function createGitHubTracker(options: GitHubOptions): Tracker {
  const call = createCall(options);
  const place = { owner: options.owner, repo: options.repo };
  const everyPage = { ...place, per_page: 100 };
  const name = `${options.owner}/${options.repo}`;
  const pulls = createPulls(call, place, addLabels);

  async function check(): Promise<void> {
    const { archived } = await call(repositoryAnswer, async ({ rest }) => (await rest.repos.get(place)).data);
    if (!archived) return;
    throw new LocusFailure('TrackerRefused', `${name} is archived, nothing can be changed in it`, {
      remedy: 'unarchive the repository on GitHub',
    });
  }

  async function getIssue(number: number) {
    const request = { ...place, issue_number: number };
    const issue = await call(issueAnswer, async ({ rest }) => (await rest.issues.get(request)).data, number);
    if (isPull(issue)) {
      throw new LocusFailure('IssueInvalid', `#${number} in ${name} is a pull request, not an issue`);
    }
    // GitHub redirects to the repository that an issue was moved to.
    if (issue.number !== number) {
      throw new LocusFailure('IssueInvalid', `issue #${number} of ${name} was moved to ${issue.html_url}`);
    }
    return toIssue(issue);
  }

  const listIssues: Tracker['listIssues'] = async ({ sprint, state }) => {
    const milestone = sprint === undefined ? {} : { milestone: String(sprint) };
    const request = { ...everyPage, ...milestone, state, sort: 'created', direction: 'asc' } as const;
    const issues = await call(z.array(issueAnswer), ({ paginate, rest }) => paginate(rest.issues.listForRepo, request));
    return issues.filter((issue) => !isPull(issue)).map(toIssue);
  };

  function commentsOf(issue: number) {
    const request = { ...everyPage, issue_number: issue };
    return call(z.array(commentAnswer), ({ paginate, rest }) => paginate(rest.issues.listComments, request), issue);
  }

  const createIssue: Tracker['createIssue'] = async ({ title, body, labels, sprint }) => {
    const request = { ...place, title, body, labels: [...labels], ...(sprint === null ? {} : { milestone: sprint }) };
    return toIssue(await call(issueAnswer, async ({ rest }) => (await rest.issues.create(request)).data));
  };

  async function closeIssue(issue: number): Promise<void> {
    const request = { ...place, issue_number: issue, state: 'closed' } as const;
    await call(anything, ({ rest }) => rest.issues.update(request), issue);
  }

  async function listSprints(): Promise<Sprint[]> {
    const request = { ...everyPage, state: 'all' } as const;
    const sprints = await call(z.array(milestoneAnswer), ({ paginate, rest }) =>
      paginate(rest.issues.listMilestones, request),
    );
    return sprints.sort((a, b) => a.number - b.number);
  }

  async function findSprint(title: string): Promise<Sprint | undefined> {
    const wanted = title.toLowerCase();
    return (await listSprints()).find((sprint) => sprint.title.toLowerCase() === wanted);
  }

  async function createSprint(title: string): Promise<Sprint> {
    const known = await findSprint(title);
    if (known) return known;
    try {
      const request = { ...place, title };
      return await call(milestoneAnswer, async ({ rest }) => (await rest.issues.createMilestone(request)).data);
    } catch (failure) {
      const made = alreadyExists(failure) ? await findSprint(title) : undefined;
      if (made) return made;
      throw failure;
    }
  }

  const ensureLabels: Tracker['ensureLabels'] = async (labels) => {
    const found = await call(z.array(labelAnswer), ({ paginate, rest }) =>
      paginate(rest.issues.listLabelsForRepo, everyPage),
    );
    const known = new Set(found.map((label) => label.name.toLowerCase()));
    const made: string[] = [];
    for (const label of labels) {
      if (known.has(label.name.toLowerCase())) continue;
      known.add(label.name.toLowerCase());
      if (await createLabel({ ...place, ...label })) made.push(label.name);
    }
    return made;
  };

  /** False where somebody else made it in the meantime. */
  async function createLabel(request: typeof place & { name: string; color: string }): Promise<boolean> {
    try {
      await call(anything, ({ rest }) => rest.issues.createLabel(request));
      return true;
    } catch (failure) {
      if (alreadyExists(failure)) return false;
      throw failure;
    }
  }

  async function addLabels(issue: number, labels: readonly string[]): Promise<void> {
    if (labels.length === 0) return;
    const request = { ...place, issue_number: issue, labels: [...labels] };
    await call(anything, ({ rest }) => rest.issues.addLabels(request), issue);
  }

  async function removeLabel(issue: number, label: string): Promise<void> {
    const request = { ...place, issue_number: issue, name: label };
    try {
      await call(anything, ({ rest }) => rest.issues.removeLabel(request), issue);
    } catch (failure) {
      if (statusOf(failure) !== 404) throw failure;
    }
  }

  const putComment: Tracker['putComment'] = async (issue, { marker, body, mayExist }) => {
    const found = mayExist ? (await commentsOf(issue)).find((one) => holdsMarker(one.body ?? '', marker)) : undefined;
    if (!found) {
      await call(anything, ({ rest }) => rest.issues.createComment({ ...place, issue_number: issue, body }), issue);
    } else if (!sameText(found.body ?? '', body)) {
      await call(anything, ({ rest }) => rest.issues.updateComment({ ...place, comment_id: found.id, body }));
    }
  };

  return {
    kind: 'github',
    check,
    getIssue,
    listIssues,
    listComments: async (issue) =>
      (await commentsOf(issue)).map(({ user, body }) => ({ author: user?.login ?? 'ghost', body: body ?? '' })),
    createIssue,
    closeIssue,
    listSprints,
    createSprint,
    ensureLabels,
    addLabels,
    removeLabel,
    putComment,
    findPull: (head, state) => pulls.find(head, state),
    putPull: (draft: PullDraft, { mayExist }) => pulls.put(draft, mayExist),
  };
}
