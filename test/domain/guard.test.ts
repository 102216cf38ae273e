import { describe, expect, test } from '@jest/globals';
import {
  assertOperation,
  assertPush,
  isProtected,
  judgeOperation,
  judgePush,
  mayRebase,
} from '../../src/domain/guard.ts';

describe('protected branches', () => {
  test.each([
    ['main', true],
    ['prod', true],
    ['release/v1.0.0', true],
    ['release-2.0', true],
    ['release-', true],
    ['hotfix/security-patch', true],
    ['hotfix-a/b', true],
    ['refs/heads/master', true],
    ['trunk', true],
    ['Main', false],
    ['release', false],
    ['feature/new-feature', false],
    ['bugfix/fix-123', false],
    ['my-random-branch', false],
    ['locus/issue-1', false],
  ])('%s: %s', (branch, expected) => {
    expect(isProtected(branch, 'trunk')).toBe(expected);
  });
});

describe('a push is judged by its destination', () => {
  const context = { defaultBranch: 'trunk', alsoProtected: ['next'] };
  test.each([
    ['abc:refs/heads/locus/issue-1', true],
    ['abc:locus/issue-1', true],
    ['feature/x', true],
    ['main:refs/heads/locus/sprint-1', true],
    ['abc:refs/heads/main', false],
    ['abc:main', false],
    ['main', false],
    ['locus/issue-1:trunk', false],
    ['abc:refs/heads/next', false],
    ['+abc:refs/heads/locus/issue-1', false],
    [':locus/issue-1', false],
    ['abc:', false],
    ['', false],
    ['+', false],
    ['HEAD', false],
    ['abc:HEAD', false],
    ['abc:heads/main', false],
    ['abc:heads/feature/x', true],
    ['abc:refs/tags/v1', false],
    ['abc:refs/heads/release/1', false],
    ['abc:refs/heads/a*', false],
    ['abc:refs/heads/../main', false],
    ['abc:refs/heads/refs/heads/main', false],
    ['abc:refs/heads/-x', false],
    ['abc:refs/heads/a b', false],
    ['a:b:main', false],
  ])('%j: %s', (refspec, expected) => {
    expect(judgePush(refspec, context).allowed).toBe(expected);
  });

  test('a lease is for our own branches, and never for gated runs', () => {
    expect(judgePush('abc:refs/heads/locus/issue-1', context, true).allowed).toBe(true);
    expect(judgePush('abc:refs/heads/feature/x', context, true).allowed).toBe(false);
    expect(judgePush('abc:refs/heads/locus/issue-1', { ...context, profile: 'gated' }, true).allowed).toBe(false);
  });

  test('a refusal says which branch and why', () => {
    expect(() => assertPush('abc:refs/heads/main', context)).toThrow(
      'locus does not push to refs/heads/main: the branch is protected; a person must do this',
    );
  });
});

test.each([
  ['merge', 'feature/x', false],
  ['pr-merge', 'feature/x', false],
  ['branch-delete', 'feature/x', false],
  ['force-push', 'feature/x', false],
  ['checkout', 'feature/x', true],
  ['checkout', 'main', false],
  ['pr-create', 'develop', false],
  ['pr-create', 'HEAD', false],
  ['pr-create', 'next', false],
  ['pr-edit', 'feature/x', true],
  ['pr-edit', 'main', false],
  ['pr-ready', 'feature/x', false],
  ['create', 'release/1', false],
  ['create', 'feature/x', true],
  ['create', 'a..b', false],
  ['validate', '@', false],
  ['validate', '', false],
] as const)('%s of %s: %s', (operation, branch, expected) => {
  expect(judgeOperation(operation, branch, { defaultBranch: 'trunk', alsoProtected: ['next'] }).allowed).toBe(expected);
});

test('what is refused fails with words', () => {
  const context = { defaultBranch: 'trunk' };
  expect(() => assertOperation('pr-create', 'trunk', context)).toThrow(
    'locus does not do pr-create with "trunk": the branch is protected',
  );
  expect(() => assertOperation('pr-create', 'feature/x', context)).not.toThrow();
});

test('a gated run rebases its branch only before the first push', () => {
  expect([mayRebase('gated', false), mayRebase('gated', true)]).toEqual([true, false]);
  expect([mayRebase('plain', false), mayRebase('plain', true)]).toEqual([true, true]);
});
