import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { issueAdd, issueClose, issueList, issueShow } from '../../src/commands/issue.ts';
import { oddTitles } from '../domain/names.ts';
import { type MemoryTracker, memoryTracker } from './memory-tracker.ts';

let tracker: MemoryTracker;
let printed: string[];
const deps = () => ({ tracker, readStdin: async () => 'from stdin\n' });

beforeEach(() => {
  tracker = memoryTracker([{ author: 'ann', body: 'hello \u001b[2J' }]);
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('an issue is added with its order, its labels and its sprint', async () => {
  await tracker.createSprint('Sprint 1');
  const options = { title: 'Add login', body: '-', labels: ['type:bug'], sprint: 'sprint 1', order: 3 };
  expect(await issueAdd(options, deps())).toBe(0);
  expect(tracker.issues[0]).toMatchObject({
    body: 'from stdin\n',
    labels: ['order:3', 'type:bug'],
    sprint: 'Sprint 1',
  });
  expect(tracker.labels).toEqual(['order:3', 'type:bug']);
  expect(printed).toEqual(['#1 Add login\nhttps://tracker.example/1']);
});

test('an issue for an unknown sprint is refused, and not made', async () => {
  await tracker.createSprint('Sprint 1');
  await expect(issueAdd({ title: 'x', sprint: 'Sprint 9' }, deps())).rejects.toThrow('open are "Sprint 1"');
  expect(tracker.issues).toEqual([]);
});

test('an issue without a title is refused', async () => {
  await expect(issueAdd({ title: ' \n' }, deps())).rejects.toThrow('needs a title');
});

test('issues are listed in the order of a sprint', async () => {
  await issueAdd({ title: 'third' }, deps());
  await issueAdd({ title: 'second', order: 2 }, deps());
  await issueAdd({ title: 'first', order: 1 }, deps());
  printed = [];
  await issueList({}, deps());
  expect(printed[0]?.split('\n')).toEqual(['#3  first  [order:1]', '#2  second  [order:2]', '#1  third']);
});

test('a list says when it is empty, and is an array as JSON', async () => {
  await issueList({}, deps());
  await issueList({ json: true }, deps());
  expect(printed).toEqual(['no issues', '[]']);
});

test.each(oddTitles.filter((title) => title.trim() !== ''))(
  '%j is shown as one line without control characters',
  async (title) => {
    await tracker.createIssue({ title, body: 'a\n\u001b[31mb', labels: [], sprint: null });
    await issueShow({ issue: 1 }, deps());
    await issueList({}, deps());
    expect(printed.join('')).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(printed[0]?.split('\n')[1]).toBe('open · https://tracker.example/1');
  },
);

test('an issue is shown with its comments, as JSON too', async () => {
  await issueAdd({ title: 'x', body: 'text' }, deps());
  printed = [];
  await issueShow({ issue: 1, json: true }, deps());
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({ number: 1, body: 'text', comments: [{ author: 'ann' }] });
});

test('an issue is closed once', async () => {
  await issueAdd({ title: 'x' }, deps());
  printed = [];
  await issueClose({ issue: 1 }, deps());
  await issueClose({ issue: 1 }, deps());
  expect(printed).toEqual(['#1 closed: x', '#1 is closed already: x']);
});

test('an unknown issue is refused', async () => {
  await expect(issueClose({ issue: 9 }, deps())).rejects.toThrow('no issue #9');
});
