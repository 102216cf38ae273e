import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LocusFailure } from '../../domain/failures.ts';
import { discoverSprints, type PlannedSprint, resolveSprint, selectSprints } from '../../domain/gated/plan-source.ts';
import { type GatedTarget, isOver } from '../../domain/gated/run-input.ts';
import { inOrder } from '../../domain/issue.ts';
import { oneLine } from '../../domain/text.ts';
import type { Tracker } from '../../trackers/tracker.ts';

const longestPlan = 1024 * 1024;

/** What a target's name stands for: an issue, or sprint N of the plan document or else of the tracker. */
export async function findTarget(
  name: string,
  { tracker, root, plan }: { readonly tracker: Tracker; readonly root: string; readonly plan: string },
): Promise<GatedTarget> {
  const number = /^issue-(\d+)$/.exec(name)?.[1];
  if (number !== undefined) return issueTarget(tracker, Number(number));
  const document = await readPlan(path.join(root, plan));
  const target = await targetOf(resolveSprint(name, { document, tracker: await tracker.listSprints() }), tracker);
  if (isOver(target)) throw noOpenIssues(`${target.name} ("${oneLine(target.title)}")`);
  return target;
}

/** The sprints of the plan, by number, from the first place that has any; each as a target of its own. */
export async function findPlan(
  range: { readonly from?: number; readonly to?: number },
  { tracker, root, plan }: { readonly tracker: Tracker; readonly root: string; readonly plan: string },
): Promise<{ readonly sprints: readonly GatedTarget[]; readonly from: number; readonly to: number }> {
  const document = await readPlan(path.join(root, plan));
  const folders = await readFolders(path.join(root, '.locus', 'sprints'));
  const selection = selectSprints(discoverSprints({ document, tracker: await tracker.listSprints(), folders }), range);
  const sprints: GatedTarget[] = [];
  for (const sprint of selection.sprints) {
    const target = await targetOf(sprint, tracker);
    // A sprint whose issues are all closed is done; one that never had any is not planned yet.
    if (isOver(target) && !(await hasClosed(sprint, tracker))) throw noOpenIssues(target.name);
    sprints.push(target);
  }
  // A plan of nothing but such sprints is none.
  if (sprints.every(isOver)) throw noOpenIssues(sprints.map(({ name }) => name).join(', '));
  return { sprints, from: selection.from, to: selection.to };
}

async function targetOf({ id, title, source, text, milestone }: PlannedSprint, tracker: Tracker): Promise<GatedTarget> {
  if (source !== 'tracker') return { kind: 'section', name: id, title, text };
  const open = milestone === null ? [] : await tracker.listIssues({ sprint: milestone, state: 'open' });
  return { kind: 'issues', name: id, title, issues: inOrder(open).map((issue) => issue.number) };
}

async function hasClosed({ milestone }: PlannedSprint, tracker: Tracker): Promise<boolean> {
  return milestone !== null && (await tracker.listIssues({ sprint: milestone, state: 'closed' })).length > 0;
}

function noOpenIssues(what: string): LocusFailure {
  return new LocusFailure('IssueInvalid', `no open issues in ${what}`, {
    remedy: 'add issues on the tracker, or choose another target',
  });
}

async function issueTarget(tracker: Tracker, number: number): Promise<GatedTarget> {
  const issue = await tracker.getIssue(number);
  if (issue.state === 'open') return { kind: 'issues', name: `issue-${number}`, title: issue.title, issues: [number] };
  throw new LocusFailure('IssueInvalid', `issue #${number} is closed`, {
    remedy: 'reopen it on the tracker, or choose another',
  });
}

/** The plan document, or null where there is none. */
async function readPlan(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw new LocusFailure('ConfigInvalid', `the plan document ${file} cannot be read: ${error.message}`);
  });
  if (text === null || text.length <= longestPlan) return text;
  throw new LocusFailure('ConfigInvalid', `the plan document ${file} is larger than 1 MiB`);
}

/** `.locus/sprints/sprint-N`: what its Markdown files say, in the order of their names. */
async function readFolders(root: string): Promise<{ readonly name: string; readonly text: string }[]> {
  const names = await readdir(root, { withFileTypes: true }).catch(() => []);
  const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(folders.map(async (name) => ({ name, text: await textIn(path.join(root, name)) })));
}

async function textIn(folder: string): Promise<string> {
  const files = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && /\.md$/.test(entry.name),
  );
  const names = files.map(({ name }) => name).sort();
  const texts = await Promise.all(names.map((name) => readPlan(path.join(folder, name))));
  return texts.join('\n\n');
}
