import { beforeEach, expect, test } from '@jest/globals';
import { IssueReader } from '../../src/activities/read-ahead.ts';
import type { RunContext } from '../../src/domain/run.ts';
import type { Tracker } from '../../src/trackers/tracker.ts';

const run = { runId: 'r', tracker: { kind: 'github', apiUrl: 'http://t', owner: 'o', repo: 'p' } } as RunContext;

let now: number;
let reads: number[];
let closed: Set<number>;
let broken: Set<number>;
let reader: IssueReader;
beforeEach(() => {
  now = 1_000_000;
  reads = [];
  closed = new Set();
  broken = new Set();
  reader = new IssueReader(() => now);
});

const tracker = {
  async getIssue(number: number) {
    reads.push(number);
    if (broken.has(number)) throw new Error('away');
    return { number, state: closed.has(number) ? 'closed' : 'open', commentCount: number === 2 ? 1 : 0 };
  },
  async listComments(number: number) {
    return [{ author: 'ann', body: `on ${number}` }];
  },
} as unknown as Tracker;

const read = (issue: number, next: readonly number[]) => reader.read(run, tracker, issue, next);

test('tasks that take seconds find their issues read, each of them once', async () => {
  await read(1, [2, 3, 4]);
  expect(reads).toEqual([1]);
  now += 1000;
  await read(2, [3, 4]);
  expect(reads).toEqual([1, 3, 4, 2]);
  now += 1000;
  expect((await read(3, [4])).issue.number).toBe(3);
  expect((await read(4, [])).issue.number).toBe(4);
  expect(reads).toEqual([1, 3, 4, 2]);
});

test('a task whose agent before it worked for a while gets its issue as it now is', async () => {
  await read(1, [2]);
  await read(2, [3]);
  now += 16_000;
  closed.add(3);
  expect((await read(3, [4])).issue.state).toBe('closed');
  expect(reads).toEqual([1, 3, 2, 3]);
  now += 11_000;
  await read(4, [5]);
  expect(reads).toEqual([1, 3, 2, 3, 4]);
});

test('comments come with their issue', async () => {
  expect((await read(2, [])).comments).toEqual([{ author: 'ann', body: 'on 2' }]);
});

test('one that could not be read ahead is read again by its task', async () => {
  broken.add(3);
  await read(1, []);
  await read(2, [3]);
  broken.clear();
  expect((await read(3, [])).issue.number).toBe(3);
});

test('another run, and another repository, is no reason to read ahead, nor an answer', async () => {
  await read(1, []);
  const other = { ...run, runId: 'other', tracker: { ...run.tracker, repo: 'q' } } as RunContext;
  await reader.read(other, tracker, 1, [2]);
  expect(reads).toEqual([1, 1]);
  await read(2, [3]);
  await reader.read(other, tracker, 3, []);
  expect(reads).toEqual([1, 1, 3, 2, 3]);
});
