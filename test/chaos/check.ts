import type { Commit } from '../e2e/support/repository.ts';
import { committing, fileOf, type Shape } from './shapes.ts';

/** Everything that a trial has left behind, as plain data. */
export interface Outcome {
  readonly shape: Shape;
  /** Of the run, by `locus runs`; null where there is none. Several: more than one run was made. */
  readonly runs: readonly { readonly open: boolean; readonly status: string; readonly done: number }[];
  /** Exit code of the last `locus` that showed the run; null where it was ended by a signal. */
  readonly exitCode: number | null;
  /** Agent starts by issue. */
  readonly starts: Readonly<Record<number, number>>;
  /** Where the fault itself took an agent along: how often it had been started, and what lay in its workspace then. */
  readonly taken: Readonly<Record<number, Taken>>;
  /** First-parent commits on the remote's branches since `main`, oldest first. */
  readonly commits: Readonly<Record<string, readonly Commit[]>>;
  /** Lines of each issue's file on its branch of the remote. */
  readonly lines: Readonly<Record<number, readonly string[]>>;
  readonly issues: readonly {
    readonly number: number;
    readonly labels: readonly string[];
    readonly comments: readonly string[];
  }[];
  /** `head→base`. */
  readonly pulls: readonly string[];
  /** Processes that nobody is to have left: while the server goes on, and after `locus down`. */
  readonly processes: readonly string[];
  readonly worktrees: readonly string[];
  readonly locks: readonly string[];
  /** `git status` of the person's checkout. */
  readonly dirty: readonly string[];
  /** Refs under refs/locus/wip. */
  readonly refs: readonly string[];
}

export interface Taken {
  readonly starts: number;
  readonly lines: readonly string[];
}

export type Kind = 'lost' | 'twice' | 'left';

export interface Finding {
  readonly check: string;
  /** Work or its traces are missing, there twice, or something is left that nobody needs. */
  readonly kind: Kind;
  readonly text: string;
}

/** What is wrong with an outcome; empty where all is well. */
export function findingsOf(outcome: Outcome): Finding[] {
  const found: Finding[] = [];
  const find = (check: string, kind: Kind, text: string) => found.push({ check, kind, text });
  checkRun(outcome, find);
  checkStarts(outcome, find);
  checkCommits(outcome, find);
  checkTracker(outcome, find);
  for (const each of outcome.processes) find('processes', 'left', each);
  for (const each of outcome.worktrees) find('worktrees', 'left', each);
  for (const each of outcome.locks) find('locks', 'left', each);
  for (const each of outcome.dirty) find('tree', 'left', each);
  for (const each of outcome.refs) find('refs', 'left', each);
  return found;
}

type Find = (check: string, kind: Kind, text: string) => void;

function checkRun({ runs, exitCode, shape }: Outcome, find: Find): void {
  const [run, ...more] = runs;
  if (!run || run.open || run.status !== 'finished' || run.done !== shape.issues.length) {
    find(
      'run',
      'lost',
      `the run is ${run ? `${run.open ? 'open, ' : ''}${run.status}, ${run.done} tasks done` : 'gone'}`,
    );
  }
  if (more.length > 0) find('run', 'twice', `${runs.length} runs`);
  if (exitCode !== 0) find('exit', 'lost', `exit code ${exitCode}`);
}

function checkStarts({ shape, starts, taken }: Outcome, find: Find): void {
  for (const issue of shape.issues) {
    const expected = 1 + (taken[issue]?.starts ?? 0);
    const count = starts[issue] ?? 0;
    if (count > expected) find('starts', 'twice', `${count} agent starts for #${issue}, expected ${expected}`);
    if (count < expected) find('starts', 'lost', `${count} agent starts for #${issue}, expected ${expected}`);
  }
}

function checkCommits(outcome: Outcome, find: Find): void {
  const { shape, commits, lines, starts, taken } = outcome;
  for (const issue of shape.issues) {
    const count = starts[issue] ?? 0;
    const inBranch = commits[shape.branchOf(issue)] ?? [];
    const ours = inBranch.filter((commit) => commit.issue === String(issue));
    if (ours.length !== 1) {
      find('commits', ours.length === 0 ? 'lost' : 'twice', `${ours.length} commits of ours for #${issue}`);
    }
    const ofFile = inBranch.filter((commit) => commit.files.includes(fileOf(issue)));
    const own = ofFile.filter((commit) => commit.issue === '');
    const [least, most] = issue === committing ? [1, Math.max(1, count)] : [0, 0];
    if (own.length < least) find('commits', 'lost', `${own.length} commits of the agent's own for #${issue}`);
    if (own.length > most) find('commits', 'twice', `${own.length} commits of the agent's own for #${issue}`);
    for (const { files, subject } of ofFile) {
      if (files.length !== 1) find('commits', 'twice', `"${subject}" changes ${files.join(', ')}`);
    }
    checkLines(issue, taken[issue]?.lines ?? [], lines[issue] ?? [], find);
  }
  const known = new Set(shape.issues.map(fileOf));
  for (const commit of Object.values(commits).flat()) {
    if (!commit.files.some((file) => known.has(file))) find('commits', 'twice', `"${commit.subject}" is nobody's`);
  }
}

/** The last start writes `begun` and `finished` once; what an earlier one left in the tree stays before it. */
function checkLines(issue: number, kept: readonly string[], lines: readonly string[], find: Find): void {
  const expected = [...kept, 'begun', 'finished'];
  if (lines.join() === expected.join()) return;
  const kind = expected.every((line, index) => lines[index] === line) ? 'twice' : 'lost';
  find('content', kind, `${fileOf(issue)} holds [${lines.join(' ')}], expected [${expected.join(' ')}]`);
}

function checkTracker({ shape, issues, pulls, commits }: Outcome, find: Find): void {
  for (const number of shape.issues) {
    const issue = issues.find((one) => one.number === number);
    const done = (issue?.comments ?? []).filter((comment) => comment.includes('execution complete'));
    if (done.length !== 1) {
      find('comments', done.length === 0 ? 'lost' : 'twice', `${done.length} comments that #${number} is done`);
    }
    const others = (issue?.comments ?? []).length - done.length;
    if (others > 0) find('comments', 'twice', `${others} other comments on #${number}`);
    const labels = [...(issue?.labels ?? [])].join(' ');
    if (labels !== 'locus:done') find('labels', 'lost', `#${number} has the labels [${labels}]`);
  }
  const branches = [...new Set(shape.issues.map((issue) => shape.branchOf(issue)))];
  for (const branch of branches) {
    const count = pulls.filter((pull) => pull === `${branch}→main`).length;
    if (count !== 1) find('pulls', count === 0 ? 'lost' : 'twice', `${count} pull requests of ${branch}`);
  }
  const extra = Object.keys(commits).filter((branch) => branch !== 'main' && !branches.includes(branch));
  for (const branch of extra) find('branches', 'twice', `the branch ${branch}`);
}
