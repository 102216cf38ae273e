import { describe, expect, test } from '@jest/globals';
import { bugBranch, bugId, bugSprintHeadings, bugSprintId, nextBugSprint } from '../../../src/domain/gated/bug-id.ts';

const none = { counter: null, remoteCounters: [null], claims: [], documents: [] };

describe('the name of a bug', () => {
  test('is its day and six random digits, and its issue where it has one', () => {
    const plain = bugId('2026-11-21T23:59:59.999Z', '0a1b2c3d4e');
    const imported = bugId('2026-11-21T00:00:00.000Z', 'ffffff', 42);
    expect([plain, imported]).toEqual(['20261121-0a1b2c', '20261121-i42-ffffff']);
    expect(bugBranch(plain)).toBe('bugfix/20261121-0a1b2c');
  });

  test.each([
    ['today', 'ffffff', null],
    ['2026-11-21T00:00:00Z', 'FFFFFF', null],
    ['2026-11-21T00:00:00Z', 'fff', null],
    ['2026-11-21T00:00:00Z', 'ffffff', 0],
    ['2026-11-21T00:00:00Z', 'ffffff', 1.5],
  ])('is not made of %j, %j, %j', (at, hex, issue) =>
    expect(() => bugId(at, hex, issue)).toThrow('no bug can be named'),
  );
});

describe('the number of a bug sprint', () => {
  test('C100 is one more than the largest of all places', () => {
    const traces = {
      counter: '177\n',
      claims: ['sprint-bug-179'],
      documents: ['# Bugs\n\n## sprint-bug-175: a crash\n'],
      remoteCounters: ['178'],
    };
    expect(bugSprintId(nextBugSprint(traces))).toBe('sprint-bug-180');
    expect(nextBugSprint({ ...traces, counter: '200\r\n' })).toBe(201);
    expect(nextBugSprint({ ...traces, remoteCounters: ['300'] })).toBe(301);
    expect(nextBugSprint({ ...traces, documents: ['# sprint-bug-400'] })).toBe(401);
    expect(nextBugSprint({ ...traces, claims: ['500'] })).toBe(501);
  });

  test('C100 is 1 where there is none', () => expect(bugSprintId(nextBugSprint(none))).toBe('sprint-bug-1'));

  test('C101 does not come from prose, ranges or folders of another name', () => {
    const documents = ['As sprint-bug-622 said\n## sprint-bug-622-623\n## After sprint-bug-622\n'];
    expect(nextBugSprint({ ...none, documents, claims: ['sprint-bug-622-623', 'sprint-bug-', 'x622', '-5'] })).toBe(1);
  });

  test.each(['', 'abc', '-3', '1.5', '1e3', '99999999999999999999', '12 13'])(
    'is not read from the counter %j',
    (counter) => expect(nextBugSprint({ ...none, counter, remoteCounters: ['2'] })).toBe(3),
  );
});

test.each([
  ['## sprint-bug-7', [7]],
  ['## sprint-bug-7: title\r\n# sprint-bug-08 ##\r\n', [7, 8]],
  ['##sprint-bug-7', []],
  ['####### sprint-bug-7', []],
  ['## Sprint-bug-7', []],
  ['## sprint-bug-7 to sprint-bug-9', []],
  ['## sprint-bug-7, 8', []],
  ['    ## sprint-bug-7', []],
  ['```\n## sprint-bug-7\n```\n## sprint-bug-8', [8]],
  ['~~~~\n```\n## sprint-bug-7\n~~~\n## sprint-bug-8\n~~~~\n## sprint-bug-9', [9]],
  ['', []],
])('C101 headings of %j: %j', (document, numbers) => expect(bugSprintHeadings(document)).toEqual(numbers));
