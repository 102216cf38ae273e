import type { GitHubRepository } from '../e2e/support/repository.ts';

/** What a trial works on. */
export interface Shape {
  readonly name: 'sprint' | 'parallel';
  readonly issues: readonly number[];
  /** Of `locus`. */
  readonly args: readonly string[];
  branchOf(issue: number): string;
  /** At least: branches of tasks side by side may go in one. */
  readonly pushes: number;
}

export const sprint: Shape = {
  name: 'sprint',
  issues: [1, 2, 3, 4, 5],
  args: ['run', '--sprint', 'S'],
  branchOf: () => 'locus/sprint-s',
  pushes: 5,
};

export const parallel: Shape = {
  name: 'parallel',
  issues: [1, 2, 3, 4, 5, 6],
  args: ['run', '1', '2', '3', '4', '5', '6'],
  branchOf: (issue) => `locus/issue-${issue}`,
  // Three lanes: the fourth task begins when one has been pushed.
  pushes: 2,
};

export const shapes: readonly Shape[] = [sprint, parallel];

/** The one issue whose agent commits by itself in the middle of its work. */
export const committing = 2;

/** Makes the issues. The agent of `hit` waits, in the middle of its work, for the gate `go`. */
export function makeIssues(repository: GitHubRepository, shape: Shape, hit: number | null, seconds: number): void {
  const issues = shape.issues.map((issue) => {
    const middle = issue === hit ? 'gate go' : `sleep ${seconds}`;
    const own = issue === committing ? ['commit'] : [];
    const body = [`append ${fileOf(issue)} begun`, ...own, middle, `append ${fileOf(issue)} finished`].join('\n');
    return { title: `Task ${issue}`, body, ...(shape.name === 'sprint' ? { milestone: 'S' } : {}) };
  });
  repository.github.seed({ issues });
}

export function fileOf(issue: number): string {
  return `f${issue}.txt`;
}
