import type { Failure } from './failures.ts';
import { redact } from './redact.ts';
import type { TaskStatus } from './run.ts';
import { cut, inert, longestBody, oneLine, within } from './text.ts';

export interface PullText {
  readonly title: string;
  readonly body: string;
}

/** What a pull request says of one task of its run. */
export interface PullTask {
  readonly issue: number;
  readonly title: string;
  readonly status: TaskStatus;
  readonly error: Pick<Failure, 'message'> | null;
}

/** GitHub's limit for titles, in characters. */
const longestTitle = 256;
const longestError = 300;

/** Title and body of a sprint's pull request: the done issues are closed by it, the failed and the open ones only named. */
export function sprintPull(
  sprint: string,
  tasks: readonly PullTask[],
  runId: string,
  secrets: readonly string[] = [],
): PullText {
  const withStatus = (...wanted: readonly TaskStatus[]) => tasks.filter((task) => wanted.includes(task.status));
  const sections = [
    section(
      '',
      withStatus('done').map((task) => `- Closes #${task.issue}: ${named(task)}`),
    ),
    section(
      '### Failed',
      withStatus('failed').map((task) => failedLine(task, secrets)),
    ),
    section('### Skipped', withStatus('skipped').map(openLine)),
    section('### Not started', withStatus('pending', 'in_progress').map(openLine)),
  ];
  const list = sections.filter((text) => text !== '').join('\n\n');
  return {
    title: cut(`Sprint: ${oneLine(sprint)}`, longestTitle),
    body: within(longestBody, list, (text) => withFooter(text, runId)),
  };
}

/** The issues that a sprint's pull request closes, as its body says. */
export function closedBy(body: string): number[] {
  return [...body.matchAll(/^- Closes #(\d+): /gm)].map(([, number]) => Number(number));
}

/** Title and body of the pull request of one issue. */
export function issuePull(
  task: { readonly issue: number; readonly title: string; readonly summary?: string },
  runId: string,
  secrets: readonly string[] = [],
): PullText {
  const reference = ` (#${task.issue})`;
  const closes = `Closes #${task.issue}`;
  const summary = inert(redact(task.summary ?? '', secrets).trim());
  return {
    title: `${cut(oneLine(task.title) || 'Work on the issue', longestTitle - reference.length)}${reference}`,
    body: within(longestBody, summary, (text) => withFooter(text === '' ? closes : `${closes}\n\n${text}`, runId)),
  };
}

function section(heading: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return heading === '' ? lines.join('\n') : `${heading}\n\n${lines.join('\n')}`;
}

function failedLine(task: PullTask, secrets: readonly string[]): string {
  const [firstLine = ''] = redact(task.error?.message ?? '', secrets)
    .trim()
    .split('\n');
  const error = cut(oneLine(firstLine), longestError);
  return error === '' ? openLine(task) : `${openLine(task)} — ${inert(error)}`;
}

function openLine(task: PullTask): string {
  return `- #${task.issue}: ${named(task)}`;
}

function named(task: PullTask): string {
  return inert(oneLine(task.title));
}

function withFooter(text: string, runId: string): string {
  const footer = `---\n🤖 Made by Locus in run \`${runId}\``;
  return text === '' ? footer : `${text}\n\n${footer}`;
}
