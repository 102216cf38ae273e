import { describe, expect, test } from '@jest/globals';
import { fixAuditPrompt, fixE2ePrompt } from '../../../src/domain/gated/fix-prompts.ts';
import type { RoleTarget } from '../../../src/domain/gated/prompt-parts.ts';
import { type ImplementerParts, implementerPrompt } from '../../../src/domain/gated/role-prompts.ts';
import { oddTitles } from '../names.ts';
import { attacks, headingsOf, outsideFences } from './prompt-lines.ts';

const section: RoleTarget = { kind: 'section', name: 'sprint-3', title: 'Search', text: 'Add a search page.' };
const issues: RoleTarget = {
  kind: 'issues',
  name: 'sprint-1',
  title: 'v1',
  issues: [
    {
      issue: { number: 4, title: 'Add login', body: 'With a form.' },
      comments: [{ author: 'ann', body: 'And a test.' }],
    },
    { issue: { number: 2, title: 'Add logout', body: ' ' }, comments: [] },
  ],
};
const bug: RoleTarget = { kind: 'bug', name: 'sprint-bug-7', title: 'Crash', text: '1. Write one unit test' };
const parts: ImplementerParts = {
  instructions: 'Use tabs.',
  target: section,
  cycle: 1,
  feedback: { audit: null, review: null },
  earlier: [],
  diff: '',
  repository: { name: 'acme/app', branch: 'feature/sprint-3', baseBranch: 'main' },
};
const finding = {
  category: 'security',
  rule: 'hardcoded-secret',
  file: 'src/a.ts',
  line: 11,
  severity: 'high',
  message: 'a key',
  fix: 'read it',
} as const;

describe('the implementer', () => {
  test('is given the instructions, the task, the repository and the rules', () => {
    expect(headingsOf(implementerPrompt(parts))).toEqual([
      '# Project instructions',
      '# Task: sprint-3',
      '# Repository',
      '# Rules',
    ]);
    expect(implementerPrompt(parts)).toContain('```text\nAdd a search page.\n```');
  });

  test('C11 starts the next cycle with what the gates said, the audit first', () => {
    const prompt = implementerPrompt({
      ...parts,
      cycle: 2,
      feedback: { audit: 'A key is in the code.', review: 'A test is missing.', redTeam: 'No limit.' },
      earlier: [
        { cycle: 1, gate: 'review', findings: [finding] },
        { cycle: 2, gate: 'audit', findings: [{ ...finding, line: 0, fix: ' ' }] },
      ],
      diff: 'diff --git a/a b/a\n+x\n',
    });
    expect(headingsOf(prompt)).toEqual([
      '# Project instructions',
      '# Task: sprint-3',
      '# What has to change (cycle 2)',
      '# Found before',
      '# The work so far',
      '# Repository',
      '# Rules',
    ]);
    const at = ['A key is in the code.', 'A test is missing.', 'No limit.'].map((text) => prompt.indexOf(text));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(prompt).toContain(
      'cycle 2, audit: [high] src/a.ts security/hardcoded-secret: a key\n' +
        'cycle 1, review: [high] src/a.ts:11 security/hardcoded-secret: a key (fix: read it)\n',
    );
  });

  test('is given the issues in their order, with their comments', () => {
    const prompt = implementerPrompt({ ...parts, target: issues });
    expect(headingsOf(prompt)).toEqual([
      '# Project instructions',
      '# Task: sprint-1',
      '## Issue #4',
      '## Issue #2',
      '# Repository',
      '# Rules',
    ]);
    expect(prompt).toContain('ann wrote:\n\nAnd a test.');
    expect(prompt).toContain('It has no description.');
  });

  test.each([
    [section, '`feat(sprint-3): add the search page`'],
    [issues, '`feat(sprint-1): add the search page (#4)`'],
    [{ ...issues, name: 'issue-4' }, '`feat: add the search page (#4)`'],
    [bug, '`fix(sprint-bug-7): keep the list when it is empty`'],
  ] as const)('commits as the target wants it: %#', (target, example) => {
    expect(implementerPrompt({ ...parts, target })).toContain(example);
  });

  test('writes the test of a bug first', () => {
    expect(headingsOf(implementerPrompt({ ...parts, target: bug }))).toContain('# Test first');
    expect(implementerPrompt(parts)).not.toContain('Test first');
  });

  test('is the same for the same parts', () => expect(implementerPrompt(parts)).toBe(implementerPrompt({ ...parts })));
});

describe('a fix step', () => {
  test('of the audit is given its findings and nothing else to do', () => {
    const { category: _, message: __, fix: ___, ...bare } = finding;
    const prompt = fixAuditPrompt({ ...parts, findings: [bare, finding] });
    expect(headingsOf(prompt)).toEqual([
      '# Project instructions',
      '# Task: mend what an audit of sprint-3 found',
      '# Repository',
      '# Rules',
    ]);
    expect(prompt).toContain(
      '[high] src/a.ts:11 hardcoded-secret:\n[high] src/a.ts:11 security/hardcoded-secret: a key',
    );
    expect(prompt).toContain('Mend these findings only');
  });

  test('of the tests is given the command, what failed and the end of the output', () => {
    const failures = [
      { test: 'list is empty', file: 'test/a.ts', type: 'TypeError' },
      { test: '', file: '', type: 'exit 1' },
    ];
    const output = `${'first\n'.repeat(10_000)}the last line\n\n`;
    const prompt = fixE2ePrompt({ ...parts, command: 'npm test', exitCode: 1, failures, output });
    expect(prompt).toContain('ended with exit code 1');
    expect(prompt).toContain('TypeError | test/a.ts | list is empty\nexit 1\n```');
    expect(prompt).toContain('first\nthe last line\n```');
    expect(prompt.length).toBeLessThan(30_000);
    expect(prompt).toContain('never take out, skip or weaken a test');
    expect(fixE2ePrompt({ ...parts, command: 'x', exitCode: null, failures: [], output: ' ' })).toContain(
      'did not end by itself',
    );
  });
});

describe('text from outside', () => {
  const plain = 'x';
  const written = (text: string) => {
    const all: Omit<ImplementerParts, 'target'> = {
      ...parts,
      cycle: 2,
      feedback: { audit: `${text}.`, review: `${text}.`, redTeam: `${text}.` },
      earlier: [
        {
          cycle: 1,
          gate: 'review',
          findings: [{ ...finding, rule: text, file: text, message: text, fix: `${text}.` }],
        },
      ],
      diff: `+${text}`,
      repository: { ...parts.repository, topLevel: [text], recentCommits: [text] },
    };
    const failures = [{ test: `${text}.`, file: text, type: text }];
    return [
      implementerPrompt({ ...all, target: { ...section, title: `${text}.`, text: `${text}.` } }),
      implementerPrompt({ ...all, target: { ...bug, title: `${text}.`, text: `${text}.` } }),
      implementerPrompt({
        ...all,
        target: {
          ...issues,
          title: `${text}.`,
          issues: [{ issue: { number: 1, title: text, body: `${text}.` }, comments: [{ author: text, body: text }] }],
        },
      }),
      fixAuditPrompt({ ...all, target: section, findings: [{ ...finding, rule: text, file: text }] }),
      fixE2ePrompt({ ...all, target: section, command: text, exitCode: 1, failures, output: `${text}.` }),
    ];
  };

  test.each([...oddTitles, ...attacks])('stays in its fence: %j', (text) => {
    expect(written(text).map(outsideFences)).toEqual(written(plain).map(outsideFences));
  });
});

test('huge parts give a prompt of less than 400,000 characters that keeps its rules', () => {
  const huge = 'y'.repeat(1_000_000);
  const all: ImplementerParts = {
    ...parts,
    instructions: huge,
    feedback: { audit: huge, review: huge, redTeam: huge },
    earlier: Array.from({ length: 500 }, (_, cycle) => ({
      cycle,
      gate: 'audit',
      findings: [{ ...finding, message: huge }],
    })),
    diff: `diff --git a/a b/a\n${'+z\n'.repeat(500_000)}`,
    repository: { ...parts.repository, topLevel: [huge] },
  };
  const many = Array.from({ length: 300 }, (_, number) => ({
    issue: { number, title: huge, body: huge },
    comments: [{ author: 'ann', body: huge }],
  }));
  const targets: RoleTarget[] = [
    { ...section, title: huge, text: huge },
    { ...issues, issues: many },
    { ...issues, issues: many.slice(0, 70) },
    { ...issues, issues: many.slice(0, 1) },
  ];
  for (const target of targets) {
    const prompt = implementerPrompt({ ...all, target });
    expect(prompt.length).toBeLessThan(400_000);
    expect(prompt).toContain('\n# Rules\n');
    expect(prompt).toContain('are not shown]');
  }
});
