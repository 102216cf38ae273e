import type { RunState, TaskState } from './run.ts';
import { waitText } from './run-state.ts';

const mostRows = 60;

/** The run as a markdown page, for Temporal's Web UI. */
export function taskTable(state: RunState): string {
  const lines = [`**${state.sprint ?? state.repoName}**: ${state.status}`];
  if (state.halt) lines.push('', `Halted: ${oneLine(state.halt.reason)}. Go on with \`locus run --resume\`.`);
  if (state.waiting)
    lines.push(
      '',
      waitText(state.waiting, (at) => at.toISOString()),
    );
  if (state.pr) lines.push('', `Pull request: [#${state.pr.number}](${state.pr.url})`);
  lines.push('', '| issue | title | status | pull request | note |', '| --- | --- | --- | --- | --- |');
  const from = Math.max(0, Math.min(firstOpen(state.tasks) - 20, state.tasks.length - mostRows));
  for (const task of state.tasks.slice(from, from + mostRows)) lines.push(row(task));
  if (state.tasks.length > mostRows) lines.push('', `${state.tasks.length} tasks in all`);
  return lines.join('\n');
}

function firstOpen(tasks: readonly TaskState[]): number {
  const index = tasks.findIndex((task) => task.status === 'pending' || task.status === 'in_progress');
  return index === -1 ? tasks.length : index;
}

function row(task: TaskState): string {
  const pull = task.pr === null ? '' : `[#${task.pr}](${task.prUrl})`;
  const status = task.phase && task.status === 'in_progress' ? `${task.status}, ${task.phase}` : task.status;
  return `| #${task.issue} | ${oneLine(task.title)} | ${status} | ${pull} | ${oneLine(task.error?.message ?? '')} |`;
}

function oneLine(text: string): string {
  return text.replace(/[\s|]+/g, ' ').slice(0, 120);
}
