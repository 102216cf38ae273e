import path from 'node:path';
import { issueBranch } from '../domain/branch.ts';
import { orderOf } from '../domain/issue.ts';
import { buildPrompt } from '../domain/prompt.ts';
import { oneLine } from '../domain/text.ts';
import { baseCommit, resolveCommit } from '../git/branches.ts';
import { readContext } from '../git/context.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Project } from './project.ts';
import type { Plan } from './run-preflight.ts';
import type { Selection } from './run-selection.ts';

export interface PlannedTask {
  readonly issue: number;
  readonly title: string;
  readonly order: number | null;
  readonly provider: string;
  readonly model: string | null;
  readonly promptLength: number;
  readonly workingDirectory: string;
  readonly branch: string;
  readonly sandbox: string;
}

/** `--dry-run`: what a run would do, from what can be read; starts, writes and fetches nothing. */
export async function printPlan(
  project: Project,
  plan: Plan,
  tracker: Tracker,
  selection: Selection,
  options: { readonly json: boolean },
): Promise<number> {
  const tasks: PlannedTask[] = [];
  for (const issue of selection.issues) {
    const branch = selection.branch ?? issueBranch(issue.number);
    const comments = issue.commentCount > 0 ? await tracker.listComments(issue.number) : [];
    const prompt = await promptLength(project, plan, selection, { issue, comments, branch });
    tasks.push({
      issue: issue.number,
      title: issue.title,
      order: orderOf(issue.labels),
      provider: plan.settings.provider,
      model: plan.settings.model,
      promptLength: prompt,
      workingDirectory: directoryOf(project, plan, selection, branch),
      branch,
      sandbox: plan.sandboxTitle,
    });
  }
  if (options.json)
    console.log(
      JSON.stringify({ runId: selection.runId, type: selection.type, base: plan.baseBranch, tasks }, null, 2),
    );
  else printLines(selection, plan, tasks);
  return 0;
}

async function promptLength(
  { checkout, name }: Project,
  { baseBranch, remote }: Plan,
  { sprint }: Selection,
  task: { issue: Selection['issues'][number]; comments: Awaited<ReturnType<Tracker['listComments']>>; branch: string },
): Promise<number> {
  const { repository } = checkout;
  const base = await baseCommit(repository, baseBranch, remote);
  const commit = (await resolveCommit(repository, `refs/heads/${task.branch}`)) ?? base;
  const { instructions, diff, topLevel, recentCommits } = await readContext(repository, {
    base,
    commit,
    checkout: checkout.root,
    withDiff: sprint !== null,
  });
  return buildPrompt({
    instructions,
    issue: task.issue,
    comments: task.comments,
    sprint: sprint && { title: sprint.title, diff },
    repository: { name, branch: task.branch, baseBranch, topLevel, recentCommits },
  }).length;
}

function directoryOf({ checkout }: Project, { settings, source }: Plan, { type }: Selection, branch: string): string {
  if (source.kind === 'remote') return `a worktree of ${source.url} on the worker's host`;
  if (type === 'sprint' && settings.sprint.workspace === 'root') return checkout.root;
  return path.join(checkout.repository.worktreesDir, branch.replace(/^locus\//, ''));
}

function printLines(selection: Selection, plan: Plan, tasks: readonly PlannedTask[]): void {
  const what = selection.sprint
    ? `sprint "${oneLine(selection.sprint.title)}"`
    : `${tasks.length} ${tasks.length === 1 ? 'issue' : 'issues'}`;
  console.log(`Dry run of ${what}, based on ${plan.baseBranch}: nothing is changed`);
  for (const { number, title } of selection.finished)
    console.log(`\n#${number} ${oneLine(title)}: done already, would be skipped`);
  for (const task of tasks) {
    console.log(
      [
        '',
        `#${task.issue} ${oneLine(task.title)}`,
        `  Order: ${task.order ?? '-'}`,
        `  Provider: ${task.provider} / ${task.model ?? 'default'}`,
        `  Prompt length: ${task.promptLength} chars`,
        `  Working directory: ${task.workingDirectory}`,
        `  Branch: ${task.branch}`,
        `  Sandbox: ${task.sandbox}`,
      ].join('\n'),
    );
  }
}
