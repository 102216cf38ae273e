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
  const context = await contextOf(run, { workspace, commit: startCommit, withDiff: run.sprint !== null });
  const { instructions, diff, repository } = context;
  return buildPrompt({
    instructions,
    issue,
    comments,
    sprint: run.sprint && { title: run.sprint.title, diff },
    repository,
  });
}

/** What every prompt says of the repository. `diff`: from the base to the commit, empty where it was not asked for. */
export async function contextOf(
  run: RunContext,
  at: { readonly workspace: Workspace; readonly commit: string; readonly withDiff: boolean },
) {
  const { workspace, commit, withDiff } = at;
  const base = await baseCommit(workspace.repository, run.baseBranch, run.remote);
  const checkout = run.source.kind === 'checkout' && workspace.mode === 'worktree' ? run.source.root : null;
  const context = await readContext(workspace.repository, { base, commit, checkout, withDiff });
  const { instructions, diff, topLevel, recentCommits } = context;
  const { branch } = workspace;
  return {
    instructions,
    diff,
    repository: { name: run.repoName, branch, baseBranch: run.baseBranch, topLevel, recentCommits },
  };
}
