import { LocusFailure } from '../domain/failures.ts';
import { type Issue, inOrder, orderOf } from '../domain/issue.ts';
import { allLabels, type Label, orderLabelColor } from '../domain/labels.ts';
import { oneLine, printable } from '../domain/text.ts';
import type { Tracker } from '../trackers/tracker.ts';
import { knownSprint } from './sprint.ts';

export interface IssueDeps {
  readonly tracker: Tracker;
  /** All of stdin, for `--body -`. */
  readStdin(): Promise<string>;
}

export interface IssueAddOptions {
  readonly title: string;
  /** `-`: from stdin. */
  readonly body?: string;
  readonly labels?: readonly string[];
  readonly sprint?: string;
  readonly order?: number;
}

export interface IssueListOptions {
  readonly sprint?: string;
  readonly state?: 'open' | 'closed' | 'all';
  readonly json?: boolean;
}

export async function issueAdd(options: IssueAddOptions, { tracker, readStdin }: IssueDeps): Promise<number> {
  const title = oneLine(options.title);
  if (title === '')
    throw new LocusFailure('UsageInvalid', 'an issue needs a title', { remedy: 'give it with --title' });
  const body = options.body === '-' ? await readStdin() : (options.body ?? '');
  const sprint = options.sprint === undefined ? null : await knownSprint(tracker, options.sprint);
  const order = options.order === undefined ? [] : [`order:${options.order}`];
  const labels = [...new Set([...order, ...(options.labels ?? [])])];
  if (labels.length > 0) await tracker.ensureLabels(labels.map(coloured));
  const issue = await tracker.createIssue({ title, body, labels, sprint: sprint?.number ?? null });
  console.log(`#${issue.number} ${oneLine(issue.title)}\n${issue.url}`);
  return 0;
}

/** Prints issues in the order in which a sprint works on them. */
export async function issueList(options: IssueListOptions, { tracker }: IssueDeps): Promise<number> {
  const sprint = options.sprint === undefined ? null : await knownSprint(tracker, options.sprint);
  const state = options.state ?? 'open';
  const issues = inOrder(await tracker.listIssues(sprint ? { sprint: sprint.number, state } : { state }));
  if (options.json) {
    console.log(JSON.stringify(issues.map(asJson), null, 2));
    return 0;
  }
  console.log(issues.length === 0 ? 'no issues' : issues.map(asLine).join('\n'));
  return 0;
}

export async function issueShow(
  options: { readonly issue: number; readonly json?: boolean },
  { tracker }: IssueDeps,
): Promise<number> {
  const issue = await tracker.getIssue(options.issue);
  const comments = await tracker.listComments(issue.number);
  if (options.json) {
    console.log(JSON.stringify({ ...asJson(issue), body: issue.body, comments }, null, 2));
    return 0;
  }
  const facts = [`#${issue.number} ${oneLine(issue.title)}`, `${issue.state} · ${issue.url}`];
  if (issue.labels.length > 0) facts.push(`Labels: ${issue.labels.map(oneLine).join(', ')}`);
  if (issue.sprint !== null) facts.push(`Sprint: ${oneLine(issue.sprint)}`);
  const texts = comments.map(({ author, body }) => `${oneLine(author)}:\n${printable(body).trim()}`);
  const sections = [facts.join('\n'), printable(issue.body).trim(), ...texts];
  console.log(sections.filter((section) => section !== '').join('\n\n'));
  return 0;
}

export async function issueClose(options: { readonly issue: number }, { tracker }: IssueDeps): Promise<number> {
  const issue = await tracker.getIssue(options.issue);
  if (issue.state === 'open') await tracker.closeIssue(issue.number);
  console.log(`#${issue.number} ${issue.state === 'open' ? 'closed' : 'is closed already'}: ${oneLine(issue.title)}`);
  return 0;
}

/** GitHub's own colour for a label that nobody chose one for. */
const plainColor = 'EDEDED';

function coloured(name: string): Label {
  const known = allLabels.find((label) => label.name === name);
  return known ?? { name, color: orderOf([name]) === null ? plainColor : orderLabelColor };
}

function asLine(issue: Issue): string {
  const labels = issue.labels.length === 0 ? '' : `  [${issue.labels.map(oneLine).join(', ')}]`;
  const closed = issue.state === 'closed' ? ' (closed)' : '';
  return `#${issue.number}${closed}  ${oneLine(issue.title)}${labels}`;
}

function asJson({ number, title, state, labels, sprint, url }: Issue) {
  return { number, title, state, labels, order: orderOf(labels), sprint, url };
}
