import { userInfo } from 'node:os';
import { issueBranch } from '../domain/branch.ts';
import { closedBy } from '../domain/pull-body.ts';
import type { RunInput, RunState, TaskSpec } from '../domain/run.ts';
import { oneLine } from '../domain/text.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Printer } from '../ui/printer.ts';
import { branchesFor, latestPull } from './run-branches.ts';
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
  const branch = selection.type === 'sprint' ? (tasks[0]?.branch ?? selection.branch) : null;
  const doneBefore = before?.tasks.filter((task) => task.status === 'done' && task.branch === branch) ?? [];
  const finished = [...(await finishedOn(branch, request)), ...doneBefore];
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
    branch,
    only: selection.only,
    settings: plan.settings,
    startedBy: userInfo().username,
    restarted,
    tasks,
    finished: [...unique.values()].filter(({ issue }) => !tasks.some((task) => task.issue === issue)),
  };
}

/** Done issues whose work is on the branch. On a later one, `…-2`, it is the work of those that its pull request names. */
async function finishedOn(branch: string | null, { selection, tracker }: Request): Promise<RunInput['finished']> {
  const finished = selection.finished.map(({ number, title }) => ({ issue: number, title }));
  if (branch === null || branch === selection.branch || finished.length === 0) return finished;
  const closed = closedBy((await tracker.findPull(branch, 'open'))?.body ?? '');
  return finished.filter(({ issue }) => closed.includes(issue));
}

/** The selected issues as tasks; says which are left out because they are done. */
export async function freshTasks(request: Request): Promise<TaskSpec[]> {
  const { selection, tracker, printer } = request;
  if (selection.finished.length > 0) await tellFinished(selection, tracker, printer);
  const numbers = selection.issues.map(({ number }) => number);
  const branches = await branchesFor(request, numbers);
  return selection.issues.map((issue) => taskOf(issue, branches.get(issue.number) ?? selection.branch ?? ''));
}

export async function tellFinished(selection: Selection, tracker: Tracker, printer: Printer): Promise<void> {
  const shared = selection.branch === null ? null : await latestPull(tracker, selection.branch);
  for (const issue of selection.finished) {
    const pull = shared ?? (await latestPull(tracker, issueBranch(issue.number)));
    const where = pull ? `, pull request #${pull.number}` : '';
    printer.note(`#${issue.number} ${oneLine(issue.title)}: done already${where}`);
  }
}

/** What an ended run left to be done, and nobody has done since, of what is asked for now; on new branches where theirs were merged meanwhile. */
export async function openTasks(request: Request, before: RunState): Promise<TaskSpec[]> {
  const { only, finished } = request.selection;
  const left = before.tasks
    .filter(({ issue, status }) => status !== 'done' && status !== 'skipped' && (only === null || issue === only))
    .filter(({ issue }) => !finished.some(({ number }) => number === issue))
    .map(specOf);
  if (left.length === 0) return [];
  const branches = await branchesFor(
    request,
    left.map(({ issue }) => issue),
  );
  return left.map((task) => ({ ...task, branch: branches.get(task.issue) ?? task.branch }));
}

/** A task of an ended run as one to do again; work that was committed is only pushed. */
function specOf(task: RunState['tasks'][number]): TaskSpec {
  const { issue, title, order, commitType, branch, commit, startCommit } = task;
  const committed = commit !== null && startCommit !== null ? { start: startCommit, commit } : null;
  return { issue, title, order, commitType, branch, committed };
}
