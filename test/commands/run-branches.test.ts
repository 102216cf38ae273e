import { expect, test } from '@jest/globals';
import { branchesFor } from '../../src/commands/run-branches.ts';
import type { Selection } from '../../src/commands/run-selection.ts';
import type { Tracker } from '../../src/trackers/tracker.ts';

/** A tracker with pull requests of these branches; no git repository is there that could know the branches. */
function trackerWith(pulls: Readonly<Record<string, 'open' | 'merged' | 'closed'>>) {
  const asked: string[] = [];
  const findPull = async (branch: string) => {
    asked.push(branch);
    const state = pulls[branch];
    return state === undefined ? null : { number: 1, state };
  };
  return { asked, tracker: { findPull } as unknown as Tracker };
}
const selected = (branch: string | null) => ({ branch }) as Selection;

test('a branch whose pull request was merged is left alone, though the host has deleted it and no clone holds it', async () => {
  const { tracker } = trackerWith({ 'locus/issue-1': 'merged', 'locus/issue-2': 'closed', 'locus/issue-3': 'open' });
  const branches = await branchesFor({ tracker, selection: selected(null) }, [1, 2, 3, 4]);
  expect([...branches]).toEqual([
    [1, 'locus/issue-1-2'],
    [2, 'locus/issue-2-2'],
    [3, 'locus/issue-3'],
    [4, 'locus/issue-4'],
  ]);
});

test('a sprint costs one question, a parallel run one for each issue', async () => {
  const sprint = trackerWith({});
  await branchesFor({ tracker: sprint.tracker, selection: selected('locus/sprint-s') }, [1, 2, 3]);
  expect(sprint.asked).toEqual(['locus/sprint-s']);
  const parallel = trackerWith({});
  const issues = Array.from({ length: 20 }, (_, index) => index + 1);
  const branches = await branchesFor({ tracker: parallel.tracker, selection: selected(null) }, issues);
  expect(parallel.asked).toEqual(issues.map((issue) => `locus/issue-${issue}`));
  expect([...branches.keys()]).toEqual(issues);
});
