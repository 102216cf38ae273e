import { describe, expect, test } from '@jest/globals';
import { accountGateId, issueRunId, parallelRunId, parseRunId, repoKey, sprintRunId } from '../../src/domain/run-id.ts';

const hash = (text: string) => `h${text.length}`;

test('a repository has one key, however its name is spelled', () => {
  const github = { kind: 'github', apiUrl: 'https://api.github.com' } as const;
  expect(repoKey({ ...github, owner: 'Acme', repo: 'App' }, hash)).toBe('acme/app');
  expect(repoKey({ kind: 'local', commonDir: '/a/.git' }, hash)).toBe('local/h7');
});

test.each([
  [sprintRunId('acme/app', 'v2.0-migration'), 'locus/acme/app/sprint/v2.0-migration'],
  [issueRunId('acme/app', 42), 'locus/acme/app/issue/42'],
  [parallelRunId('acme/app', [44, 42, 43, 42]), 'locus/acme/app/parallel/42-43-44'],
  [accountGateId('claude'), 'locus/account/claude'],
])('%s', (id, expected) => {
  expect(id).toBe(expected);
});

describe('a parallel run of 4,000 issues', () => {
  const issues = Array.from({ length: 4000 }, (_, index) => index + 1);
  const id = parallelRunId('a'.repeat(39).concat('/', 'b'.repeat(100)), issues);

  test('has an id that Temporal takes', () => expect(Buffer.byteLength(id)).toBeLessThan(1000));

  test('has the same id in any order', () => {
    expect(parallelRunId('acme/app', [...issues].reverse())).toBe(parallelRunId('acme/app', issues));
  });

  test('has another id than one without its last issue', () => {
    const others = [...issues.slice(0, -1), 4001];
    expect(parallelRunId('acme/app', others)).not.toBe(parallelRunId('acme/app', issues));
  });
});

test.each([
  ['locus/acme/app/sprint/v2', { repoKey: 'acme/app', type: 'sprint', subject: 'v2' }],
  ['locus/local/ab12/issue/3', { repoKey: 'local/ab12', type: 'issue', subject: '3' }],
  ['locus/acme/app/parallel/1-2', { repoKey: 'acme/app', type: 'parallel', subject: '1-2' }],
  ['locus/account/claude', null],
  ['locus/acme/app/sprint/', null],
  ['locus/acme/app/sprint/a/b', null],
  ['other/acme/app/issue/1', null],
])('%s is read back', (id, parsed) => {
  expect(parseRunId(id)).toEqual(parsed);
});
