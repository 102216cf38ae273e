import { expect, test } from '@jest/globals';
import { bugSprintHeadings } from '../../../src/domain/gated/bug-id.ts';
import { bugDocument } from '../../../src/domain/gated/micro-sprint.ts';
import { oddTitles } from '../names.ts';
import { bareTriage, fullTriage } from './bugs.ts';

const ids = { bug_id: '20261121-i42-0a1b2c', sprint_id: 'sprint-bug-7', created_at: '2026-11-21T10:00:00.000Z' };

test('a bug’s document holds its triage and two tasks, the test first', () => {
  expect(bugDocument(fullTriage, ids)).toBe(`# Bug 20261121-i42-0a1b2c

- Title: Login crashes
- Sprint: sprint-bug-7
- Class: runtime_error
- Severity: high
- Risk: low
- Test type: unit
- Created: 2026-11-21T10:00:00.000Z

## Reproduction

- Step 1: open /login
- Step 2: press enter
- Expected: a message
- Actual: a crash

## Suspected files

| File | Lines | Confidence | Reason |
| --- | --- | --- | --- |
| src/list.ts | 10-12 | high | null is not looked for |

## Related tests

- test/list.test.ts

## Strategy

> look for null

## Fix hints

| File | Action | Target | Constraint |
| --- | --- | --- | --- |
| src/list.ts | validate | first() | same signature |

## sprint-bug-7: Login crashes

1. Write one unit test that fails because of the bug, and see it fail.
2. Fix the bug: that test passes, and no other one fails.
`);
});

test('a path can be opened as it is written, whatever it is called', () => {
  const file = 'packages/@scope/list.ts';
  const [suspected] = fullTriage.suspected_files;
  if (!suspected) throw new Error('nothing is suspected');
  const text = bugDocument({ ...fullTriage, suspected_files: [{ ...suspected, file }], related_tests: [file] }, ids);
  expect(text.split(file)).toHaveLength(3);
});

test('a failing test that is known is not written again', () => {
  const reproduction = { steps: [], failing_test: 'list › is empty' };
  const text = bugDocument({ ...fullTriage, reproduction }, ids);
  expect(text).toContain('- Failing test: list › is empty\n');
  expect(text).toContain('1. See the failing test fail: list › is empty.\n2. Fix the bug');
});

test('what is not known is said to be unknown', () => {
  const text = bugDocument(bareTriage, ids);
  expect(text).toContain('- Severity: unknown\n');
  expect(text).toContain(
    '- Expected: unknown\n- Actual: unknown\n\n## Suspected files\n\nnone\n\n## Related tests\n\nnone',
  );
});

test.each([...oddTitles, 'x\n## sprint-bug-999\n', '## sprint-bug-999', '```', '| a |\n<!-- x -->'])(
  'text from outside makes no heading, table or fence of its own: %j',
  (odd) => {
    const hint = { ...fullTriage.fix_hints[0]!, target: odd, constraint: odd };
    const text = bugDocument(
      {
        ...fullTriage,
        title: odd,
        reproduction: { steps: [odd], failing_test: odd },
        expected: odd,
        actual: odd,
        related_tests: [odd],
        strategy: odd,
        fix_hints: [hint],
      },
      ids,
    );
    expect(bugSprintHeadings(text)).toEqual([7]);
    expect(text.match(/^#/gm)).toHaveLength(7);
    expect(text.match(/^(?:```|~~~|<)/gm)).toBeNull();
    expect(
      text.split('\n').filter((line) => line.startsWith('| ') && /(?<!\\)\|/.test(line.slice(1, -1))),
    ).toHaveLength(6);
  },
);
