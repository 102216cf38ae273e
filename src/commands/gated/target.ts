import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LocusFailure } from '../../domain/failures.ts';
import { resolveSprint } from '../../domain/gated/plan-source.ts';
import type { GatedTarget } from '../../domain/gated/run-input.ts';
import { inOrder } from '../../domain/issue.ts';
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
  const sprint = resolveSprint(name, { document, tracker: await tracker.listSprints() });
  if (sprint.source === 'document') return { kind: 'section', name, title: sprint.title, text: sprint.text };
  const open = sprint.milestone === null ? [] : await tracker.listIssues({ sprint: sprint.milestone, state: 'open' });
  if (open.length === 0) {
    throw new LocusFailure('IssueInvalid', `${name} ("${sprint.title}") has no open issues`, {
      remedy: 'add issues to it on the tracker, or choose another target',
    });
  }
  return { kind: 'issues', name, title: sprint.title, issues: inOrder(open).map((issue) => issue.number) };
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
