import { userInfo } from 'node:os';
import type { FoundRun } from '../client/runs.ts';
import type { RunInput, RunState, TaskSpec } from '../domain/run.ts';
import { oneLine } from '../domain/text.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Printer } from '../ui/printer.ts';
import { branchesFor } from './run-branches.ts';
import type { Request } from './run-request.ts';
import { type Selection, taskOf } from './run-selection.ts';

/** What a run is started with. `before`: the state of the run that it goes on from. */
export async function inputFor(
  request: Request,
  tasks: readonly TaskSpec[],
  restarted: boolean,
  before: RunState | null = null,
): Promise<RunInput> {
  const { project, plan, selection } = request;
  const doneBefore = before?.tasks.filter((task) => task.status === 'done') ?? [];
  const finished = [...selection.finished.map(({ number, title }) => ({ issue: number, title })), ...doneBefore];
  const unique = new Map(finished.map(({ issue, title }) => [issue, { issue, title }]));
  return {
    runId: selection.runId,
    type: selection.type,
    repoName: project.name,
    tracker: project.tracker,
    source: plan.source,
    baseBranch: plan.baseBranch,
    remote: plan.remote,
    sprint: selection.sprint && { number: selection.sprint.number, title: selection.sprint.title },
    branch: selection.type === 'sprint' ? (tasks[0]?.branch ?? selection.branch) : null,
    only: selection.only,
    settings: plan.settings,
    startedBy: userInfo().username,
    restarted,
    tasks,
    finished: [...unique.values()].filter(({ issue }) => !tasks.some((task) => task.issue === issue)),
  };
}

/** The selected issues as tasks; says which are left out because they are done. */
export async function freshTasks(request: Request, found: FoundRun | null): Promise<TaskSpec[]> {
  const { selection, tracker, printer } = request;
  if (selection.finished.length > 0) await tellFinished(selection, tracker, printer);
  const branches = await branchesFor(request, found !== null);
  return selection.issues.map((issue) => taskOf(issue, branches.get(issue.number) ?? selection.branch ?? ''));
}

export async function tellFinished(selection: Selection, tracker: Tracker, printer: Printer): Promise<void> {
  const shared = selection.branch === null ? null : await tracker.findPull(selection.branch, 'all');
  for (const issue of selection.finished) {
    const pull = shared ?? (await tracker.findPull(`locus/issue-${issue.number}`, 'all'));
    const where = pull ? `, pull request #${pull.number}` : '';
    printer.note(`#${issue.number} ${oneLine(issue.title)}: done already${where}`);
  }
}

/** A task of an ended run as one to do again; work that was committed is only pushed. */
export function specOf(task: RunState['tasks'][number]): TaskSpec {
  const { issue, title, order, commitType, branch, commit, startCommit } = task;
  const committed = commit !== null && startCommit !== null ? { start: startCommit, commit } : null;
  return { issue, title, order, commitType, branch, committed };
}
