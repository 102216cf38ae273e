import { z } from 'zod';
import type { Issue, PullRequest, Sprint } from '../../domain/issue.ts';

const state = z.enum(['open', 'closed']);
const text = z.string().nullish();
const label = z.union([z.string(), z.object({ name: text })]);
const labels = z.array(label).transform((all) => all.map(nameOf).filter((name) => name !== ''));

/** The parts of GitHub's answers that Locus uses. */
export const issueAnswer = z.object({
  number: z.number(),
  title: z.string(),
  body: text,
  state,
  labels,
  milestone: z.object({ title: z.string() }).nullish(),
  comments: z.number(),
  html_url: z.string(),
  pull_request: z.unknown().optional(),
});

export const pullAnswer = z.object({
  number: z.number(),
  title: z.string(),
  body: text,
  state,
  labels,
  merged_at: text,
  html_url: z.string(),
  head: z.object({ ref: z.string() }),
  base: z.object({ ref: z.string() }),
  draft: z.boolean().nullish(),
});

export const milestoneAnswer = z
  .object({ number: z.number(), title: z.string(), state, open_issues: z.number() })
  .transform(({ open_issues, ...rest }): Sprint => ({ ...rest, openIssues: open_issues }));

export const commentAnswer = z.object({ id: z.number(), body: text, user: z.object({ login: z.string() }).nullish() });
export const labelAnswer = z.object({ name: z.string() });
export const repositoryAnswer = z.object({ archived: z.boolean().optional() });

export type IssueAnswer = z.infer<typeof issueAnswer>;
export type PullAnswer = z.infer<typeof pullAnswer>;

export function isPull(issue: IssueAnswer): boolean {
  return issue.pull_request !== undefined && issue.pull_request !== null;
}

export function toIssue(answer: IssueAnswer): Issue {
  return {
    number: answer.number,
    title: answer.title,
    body: answer.body ?? '',
    state: answer.state,
    labels: answer.labels,
    sprint: answer.milestone?.title ?? null,
    commentCount: answer.comments,
    url: answer.html_url,
  };
}

export function toPull(answer: PullAnswer): PullRequest {
  return {
    number: answer.number,
    url: answer.html_url,
    title: answer.title,
    body: answer.body ?? '',
    state: answer.merged_at ? 'merged' : answer.state,
    head: answer.head.ref,
    base: answer.base.ref,
    draft: answer.draft ?? false,
  };
}

function nameOf(one: z.infer<typeof label>): string {
  return typeof one === 'string' ? one : (one.name ?? '');
}
