import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitMessage, commitType } from '../../src/domain/commit.ts';
import { oddTitles } from './names.ts';

const runId = 'locus/acme/app/sprint/v2';
const message = (title: string, type = 'feat') => commitMessage({ type, title, issue: 42, runId });

test('a commit names its issue and its run', () => {
  expect(message('Add login')).toBe(`feat: Add login (#42)\n\nLocus-Run: ${runId}\nLocus-Issue: 42\n`);
});

test.each([
  [[], 'feat'],
  [['type:feature'], 'feat'],
  [['p:high', 'type:bug'], 'fix'],
  [['type:chore'], 'chore'],
  [['type:refactor', 'type:bug'], 'refactor'],
  [['Type:Docs'], 'docs'],
  [['type:a b'], 'feat'],
  [['type:$(id)', 'type:docs'], 'docs'],
])('the labels %j make a %s', (labels, type) => {
  expect(commitType(labels)).toBe(type);
});

test('a long title is cut, and the issue is still named', () => {
  const [subject = ''] = message('x'.repeat(300)).split('\n');
  expect(subject).toMatch(/^feat: x+… \(#42\)$/);
  expect(subject).toHaveLength(100);
});

describe('git', () => {
  let root: string;
  const git = (args: string[], input = '') => execFileSync('git', args, { cwd: root, input, encoding: 'utf8' }).trim();

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'locus-commit-'));
    git(['init', '-q']);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test.each(oddTitles)('keeps %j as one line with its trailers', (title) => {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    const commit = git([...author, 'commit-tree', git(['write-tree'])], message(title));
    expect(
      git(['log', '-1', '--format=%(trailers:key=Locus-Run,valueonly)%(trailers:key=Locus-Issue,valueonly)', commit]),
    ).toBe(`${runId}\n42`);
    const body = git(['log', '-1', '--format=%B', commit]).split('\n');
    expect(body[0]).toMatch(/^feat: \S.* \(#42\)$/);
    expect(body[0]!.length).toBeLessThanOrEqual(100);
    expect(body[1]).toBe('');
    expect(body[0]).not.toMatch(/\p{Cc}|\u202E/u);
  });
});
