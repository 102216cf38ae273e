import type { Issue, IssueComment } from '../domain/issue.ts';
import { buildPrompt } from '../domain/prompt.ts';
import type { RunContext } from '../domain/run.ts';
import type { Workspace } from '../domain/workspace.ts';
import { baseCommit } from '../git/branches.ts';
import { readContext } from '../git/context.ts';

/** The agent's prompt for one task. */
export async function promptFor(
  run: RunContext,
  task: {
    readonly issue: Issue;
    readonly comments: readonly IssueComment[];
    readonly workspace: Workspace;
    readonly startCommit: string;
  },
): Promise<string> {
  const { issue, comments, workspace, startCommit } = task;
  const base = await baseCommit(workspace.repository, run.baseBranch, run.remote);
  const checkout = run.source.kind === 'checkout' && workspace.mode === 'worktree' ? run.source.root : null;
  const context = await readContext(workspace.repository, {
    base,
    commit: startCommit,
    checkout,
    withDiff: run.sprint !== null,
  });
  const { instructions, diff, topLevel, recentCommits } = context;
  return buildPrompt({
    instructions,
    issue,
    comments,
    sprint: run.sprint && { title: run.sprint.title, diff },
    repository: { name: run.repoName, branch: workspace.branch, baseBranch: run.baseBranch, topLevel, recentCommits },
  });
}
