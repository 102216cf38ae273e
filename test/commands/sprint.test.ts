import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { sprintActive, sprintAdd, sprintList } from '../../src/commands/sprint.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type MemoryTracker, memoryTracker } from './memory-tracker.ts';

let root: string;
let tracker: MemoryTracker;
let printed: string[];
const deps = async () => ({ tracker, root, active: (await loadConfig(root)).config.sprint.active });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'locus-sprint-'));
  tracker = memoryTracker();
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((text) => void printed.push(String(text)));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(root, { recursive: true });
});

test('a sprint is made once', async () => {
  await sprintAdd({ title: 'Sprint 1' }, await deps());
  await sprintAdd({ title: 'sprint 1' }, await deps());
  expect(tracker.sprints.map((sprint) => sprint.title)).toEqual(['Sprint 1']);
  expect(printed).toEqual(['made the sprint "Sprint 1"', 'there is a sprint "Sprint 1" already']);
});

test('the active sprint is kept in the config by the title that the tracker has, and marked in the list', async () => {
  await tracker.createSprint('Sprint "1" $(id)');
  await tracker.createSprint('Sprint 2');
  await sprintActive({}, await deps());
  await sprintActive({ title: 'sprint "1" $(ID)' }, await deps());
  await sprintActive({}, await deps());
  await sprintList({}, await deps());
  expect((await loadConfig(root)).config.sprint.active).toBe('Sprint "1" $(id)');
  expect(printed[0]).toBe('no active sprint');
  expect(printed[2]).toBe('Sprint "1" $(id)');
  expect(printed[3]).toBe('* Sprint "1" $(id)  0 open\n  Sprint 2  0 open');
});

test('an unknown sprint is refused with the open ones, and the config stays', async () => {
  await tracker.createSprint('Sprint 1');
  await expect(sprintActive({ title: 'Sprint 9' }, await deps())).rejects.toThrow(
    'there is no sprint "Sprint 9"; open are "Sprint 1"',
  );
  expect((await loadConfig(root)).exists).toBe(false);
});

test('the list is an array as JSON', async () => {
  await tracker.createSprint('Sprint 1');
  await sprintList({ json: true }, await deps());
  expect(JSON.parse(printed[0] ?? '')).toEqual([
    { number: 1, title: 'Sprint 1', state: 'open', openIssues: 0, active: false },
  ]);
});
