import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { issueBranch, nextFreeBranch, sprintBranch } from '../../src/domain/branch.ts';
import { sprintSlug, sprintSlugs } from '../../src/domain/slug.ts';
import { oddTitles } from './names.ts';

describe('the slug of a sprint', () => {
  test.each([
    ['v2.0 Migration', 'v2.0-migration'],
    ['Sprint 1', 'sprint-1'],
    ['  --Sprint__1--  ', 'sprint__1'],
    ['a...b', 'a.b'],
    ['.hidden.', 'hidden'],
    ['release.lock', 'release'],
    ['release.lock.lock', 'release'],
    ['release.-.lock', 'release'],
    ['ﬁx № 5', 'fix-no-5'],
    ['x/y\\z', 'x-y-z'],
    ['$(rm -rf ~)', 'rm-rf'],
    ['🚀🚀', 'sprint-7'],
    ['', 'sprint-7'],
    ['...', 'sprint-7'],
    ['日本語', 'sprint-7'],
  ])('of %j is %s', (title, slug) => {
    expect(sprintSlug(title, 7)).toBe(slug);
  });

  test('has 60 characters at most, and no dash at the cut', () => {
    expect(sprintSlug('y'.repeat(300), 7)).toBe('y'.repeat(60));
    expect(sprintSlug(`${'y'.repeat(59)} z`, 7)).toBe('y'.repeat(59));
  });

  test.each(oddTitles)('of %j makes a branch that git takes', (title) => {
    const branch = sprintBranch(sprintSlug(title, 7));
    expect(execFileSync('git', ['check-ref-format', '--branch', branch], { encoding: 'utf8' }).trim()).toBe(branch);
  });
});

describe('slugs that collide', () => {
  test('stay with the oldest sprint, and the others get their number', () => {
    const slugs = sprintSlugs([
      { number: 9, title: 'Sprint: 1' },
      { number: 2, title: 'Sprint 1' },
      { number: 4, title: 'sprint (1)' },
    ]);
    expect([...slugs]).toEqual([
      [2, 'sprint-1'],
      [4, 'sprint-1-4'],
      [9, 'sprint-1-9'],
    ]);
  });

  test('do not collide again with a title that looks like the answer', () => {
    const slugs = sprintSlugs([
      { number: 1, title: 'foo' },
      { number: 2, title: 'foo 3' },
      { number: 3, title: 'Foo' },
    ]);
    expect(new Set(slugs.values()).size).toBe(3);
  });

  test('keep the slugs of earlier sprints when a sprint is added', () => {
    const titles = ['a', 'A', '7', '🚀', 'sprint 4', 'a-2', 'x'.repeat(61), 'x'.repeat(62)];
    const sprints = titles.map((title, index) => ({ number: index + 1, title }));
    const all = sprintSlugs(sprints);
    for (const [index] of sprints.entries()) {
      for (const [number, slug] of sprintSlugs(sprints.slice(0, index))) expect(all.get(number)).toBe(slug);
    }
    expect(new Set(all.values()).size).toBe(titles.length);
  });
});

describe('branches', () => {
  test('of issues carry the number', () => expect(issueBranch(42)).toBe('locus/issue-42'));

  test.each([
    [[], 'locus/issue-5'],
    [['locus/issue-5'], 'locus/issue-5-2'],
    [['locus/issue-5', 'locus/issue-5-2'], 'locus/issue-5-3'],
    [['locus/issue-5', 'locus/issue-5-3'], 'locus/issue-5-2'],
    [['locus/issue-5-2'], 'locus/issue-5'],
  ])('with %j taken give %s', (taken, branch) => {
    expect(nextFreeBranch('locus/issue-5', taken)).toBe(branch);
  });
});
