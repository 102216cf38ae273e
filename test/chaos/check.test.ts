import { expect, test } from '@jest/globals';
import { findingsOf, type Outcome } from './check.ts';
import { committing, fileOf, parallel, type Shape, sprint } from './shapes.ts';

/** What a run leaves behind when all is well. */
function wellOf(shape: Shape): Outcome {
  const commitsOf = (issue: number) => [
    ...(issue === committing ? [commitOf(issue, '')] : []),
    commitOf(issue, String(issue)),
  ];
  const branches = [...new Set(shape.issues.map((issue) => shape.branchOf(issue)))];
  const onBranch = (branch: string) => shape.issues.filter((issue) => shape.branchOf(issue) === branch);
  return {
    ...{ shape, exitCode: 0, taken: {}, processes: [], worktrees: [], locks: [], dirty: [], refs: [] },
    runs: [{ open: false, status: 'finished', done: shape.issues.length }],
    starts: Object.fromEntries(shape.issues.map((issue) => [issue, 1])),
    commits: Object.fromEntries(branches.map((branch) => [branch, onBranch(branch).flatMap(commitsOf)])),
    lines: Object.fromEntries(shape.issues.map((issue) => [issue, ['begun', 'finished']])),
    issues: shape.issues.map((number) => ({ number, labels: ['locus:done'], comments: [done] })),
    pulls: branches.map((branch) => `${branch}→main`),
  };
}

const done = '🤖 **Locus execution complete**';
const branch = sprint.branchOf(1);
const well = wellOf(sprint);
const inBranch = well.commits[branch] ?? [];
const [issue1, ...otherIssues] = well.issues;
if (!issue1) throw new Error('a sprint has issues');

function commitOf(issue: number, trailer: string) {
  return { sha: `${issue}${trailer}`, subject: 'x', author: 'x', issue: trailer, files: [fileOf(issue)] };
}

test.each([sprint, parallel])('nothing is found where all is well: $name', (shape) => {
  expect(findingsOf(wellOf(shape))).toEqual([]);
});

test('an agent that the fault took along may be started again, on what it had written', () => {
  const taken = { 1: { starts: 1, lines: ['begun'] } };
  const again = { ...well, taken, starts: { ...well.starts, 1: 2 } };
  expect(findingsOf({ ...again, lines: { ...well.lines, 1: ['begun', 'begun', 'finished'] } })).toEqual([]);
  expect(kindsOf(again)).toEqual(['lost content']);
});

const wrongs: readonly (readonly [string, Partial<Outcome>, readonly string[]])[] = [
  ['the run is open', { runs: [{ open: true, status: 'running', done: 5 }] }, ['lost run']],
  ['the run halted', { runs: [{ open: true, status: 'halted', done: 2 }] }, ['lost run']],
  ['there is no run', { runs: [] }, ['lost run']],
  ['there are two runs', { runs: [...well.runs, ...well.runs] }, ['twice run']],
  ['a task is not done', { runs: [{ open: false, status: 'finished', done: 4 }] }, ['lost run']],
  ['the command failed', { exitCode: 1 }, ['lost exit']],
  ['an agent was started again', { starts: { ...well.starts, 3: 2 } }, ['twice starts']],
  ['an agent was never started', { starts: { ...well.starts, 3: 0 } }, ['lost starts']],
  ['a commit is missing', { commits: { [branch]: inBranch.slice(1) } }, ['lost commits']],
  ['a commit is there twice', { commits: { [branch]: [...inBranch, commitOf(5, '5')] } }, ['twice commits']],
  ['a commit of nobody is there', { commits: { [branch]: [...inBranch, commitOf(9, '9')] } }, ['twice commits']],
  [
    'a commit holds the work of two',
    {
      commits: { [branch]: inBranch.map((one) => (one.issue === '4' ? { ...one, files: ['f4.txt', 'f5.txt'] } : one)) },
    },
    ['twice commits'],
  ],
  ['a branch of nobody is there', { commits: { ...well.commits, other: [] } }, ['twice branches']],
  ['a line is missing', { lines: { ...well.lines, 2: ['begun'] } }, ['lost content']],
  ['a line is there twice', { lines: { ...well.lines, 2: ['begun', 'finished', 'finished'] } }, ['twice content']],
  ['a comment is missing', { issues: [{ ...issue1, comments: [] }, ...otherIssues] }, ['lost comments']],
  ['a comment is there twice', { issues: [{ ...issue1, comments: [done, done] }, ...otherIssues] }, ['twice comments']],
  ['a failure was told', { issues: [{ ...issue1, comments: [done, 'failed'] }, ...otherIssues] }, ['twice comments']],
  ['a label is left', { issues: [{ ...issue1, labels: ['locus:in-progress'] }, ...otherIssues] }, ['lost labels']],
  ['the pull request is missing', { pulls: [] }, ['lost pulls']],
  ['there are two pull requests', { pulls: [...well.pulls, ...well.pulls] }, ['twice pulls']],
  ['a process is left', { processes: ['1 sleep'] }, ['left processes']],
  ['a worktree is left', { worktrees: ['sprint-s'] }, ['left worktrees']],
  ['a lock is left', { locks: ['.git/index.lock'] }, ['left locks']],
  ['the checkout is changed', { dirty: ['?? x'] }, ['left tree']],
  ['unfinished work is left on a ref', { refs: ['refs/locus/wip/sprint-s/1'] }, ['left refs']],
];

test.each(wrongs)('it is found that %s', (_what, wrong, kinds) => {
  expect(kindsOf({ ...well, ...wrong })).toEqual(expect.arrayContaining([...kinds]));
});

function kindsOf(outcome: Outcome): string[] {
  return findingsOf(outcome).map(({ kind, check }) => `${kind} ${check}`);
}
