import { expect } from '@jest/globals';
import { writesOf } from '../e2e/support/github.ts';
import type { GitHubRepository, TestRepository } from '../e2e/support/repository.ts';
import type { Ended } from '../e2e/support/world.ts';

/** A command that refused in one line, with one more that says what to do, and printed nothing else. */
export function expectRefusal(ended: Ended, says: RegExp, remedy: RegExp, code = 2): void {
  const lines = ended.stderr.trimEnd().split('\n');
  const [line = '', todo = '', ...more] = lines.filter((each) => !each.startsWith('warning: '));
  expect({ code: ended.code, stdout: ended.stdout, more }).toEqual({ code, stdout: '', more: [] });
  expect(line).toMatch(/^error: /);
  expect(line).toMatch(says);
  expect(todo.trim()).toMatch(remedy);
}

/** Nothing half done: no branch, worktree, agent, run; on GitHub nothing was written. */
export async function expectUntouched(repository: TestRepository | GitHubRepository): Promise<void> {
  const branches = (await repository.git('for-each-ref', '--format=%(refname)')).split('\n');
  expect({
    branches: branches.filter((ref) => !ref.endsWith('/main')),
    pushed: await repository.remoteBranches(),
    worktrees: await repository.worktrees(),
    agents: await repository.agentStarts(),
    writes: 'github' in repository ? writesOf(repository.github) : [],
  }).toEqual({ branches: [], pushed: ['main'], worktrees: [], agents: [], writes: [] });
}
