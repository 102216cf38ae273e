import { expect } from '@jest/globals';
import { pullsOf, viewOfIssue } from '../../e2e/support/github.ts';
import type { Running } from '../../e2e/support/world.ts';
import type { SeedIssue } from '../../support/github-stand-in/server.mjs';
import type { Fleet } from './fleet.ts';

export const sprintBranch = 'locus/sprint-sprint-1';

/** Issues whose agents wait for a gate before they write `work-<index>.txt`. */
export function gatedIssues(count: number, gate = 'go'): SeedIssue[] {
  return upTo(count).map((each) => ({ title: `Work ${each}`, body: `gate ${gate}\nwrite work-${each}.txt` }));
}

/** A sprint whose tasks write `task-<index>.txt`; the agent of one of them waits for the gate `go` first. */
export function sprintIssues(count: number, { gatedAt }: { gatedAt: number }): SeedIssue[] {
  return upTo(count).map((each) => ({
    title: `Task ${each}`,
    milestone: 'Sprint 1',
    body: `${each === gatedAt ? 'gate go\n' : ''}write task-${each}.txt`,
  }));
}

export async function expectEnd(client: Running, words: string): Promise<void> {
  const { code, stdout, stderr } = await client.ended;
  if (code !== 0) throw new Error(`locus run ended with ${code}:\n${stdout}\n${stderr}`);
  expect(stdout).toContain(words);
}

/** Issues 1 to `count` of a parallel run: one commit, one pull request, one comment and one label each. */
export async function expectIssuesOnce({ repository }: Fleet, count: number): Promise<void> {
  for (const issue of upTo(count)) {
    const commits = await repository.commits(`locus/issue-${issue}`);
    expect(commits.map((commit) => [commit.issue, commit.files])).toEqual([[String(issue), [`work-${issue}.txt`]]]);
    expectReportedOnce(repository, issue);
  }
  const heads = repository.github.state().pulls.map((pull) => pull.head.ref);
  expect(heads.sort()).toEqual(upTo(count).map((issue) => `locus/issue-${issue}`));
}

/** The sprint's tasks 1 to `count`: a commit each, in order, one comment and one label each, and one pull request. */
export async function expectSprintOnce({ repository }: Fleet, count: number): Promise<void> {
  const commits = await repository.commits(sprintBranch);
  expect(commits.map((commit) => [commit.issue, commit.files])).toEqual(
    upTo(count).map((issue) => [String(issue), [`task-${issue}.txt`]]),
  );
  for (const issue of upTo(count)) expectReportedOnce(repository, issue);
  expect(pullsOf(repository.github).filter((pull) => pull.includes(sprintBranch))).toHaveLength(1);
}

export function isReported({ repository }: Fleet, issue: number): boolean {
  const { labels, comments } = viewOfIssue(repository.github, issue);
  return labels.includes('locus:done') && comments.length > 0;
}

function expectReportedOnce({ github }: Fleet['repository'], issue: number): void {
  expect(viewOfIssue(github, issue)).toEqual({
    labels: ['locus:done'],
    comments: ['🤖 **Locus execution complete**'],
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
