import { describe, expect, test } from '@jest/globals';
import type { RunEvent, RunView, TaskView } from '../../src/domain/events.ts';
import { failureKinds } from '../../src/domain/failures.ts';
import { codeIn, read, tableUnder } from './pages.ts';

type Samples = { readonly [Name in RunEvent['event']]: Extract<RunEvent, { readonly event: Name }> };

// The types make these complete: a field or an event that is added does not compile until it stands here.
const stamp = { runId: 'locus/acme/shop/issue/7', at: '2026-11-20T08:30:00.000Z' };
const task: TaskView = {
  issue: 7,
  title: 'Add a page',
  order: null,
  status: 'done',
  branch: 'locus/issue-7',
  pr: 8,
  error: { type: 'NoChanges', message: 'no changes', remedy: 'make the issue more precise' },
};
const run: Required<RunView> = {
  runId: stamp.runId,
  type: 'issue',
  sprint: null,
  branch: null,
  status: 'running',
  pr: null,
  tasks: [task],
};
const samples: Samples = {
  'run.started': { event: 'run.started', ...stamp, ...run },
  'task.started': { event: 'task.started', ...stamp, issue: 7, title: 'Add a page', branch: 'locus/issue-7' },
  'agent.event': { event: 'agent.event', ...stamp, issue: 7, text: 'Edit page.ts', costUsd: 0.1 },
  'task.finished': { event: 'task.finished', ...stamp, ...task, durationMs: 1000 },
  'run.waiting': { event: 'run.waiting', ...stamp, reason: 'agent starts', until: stamp.at },
  'run.halted': { event: 'run.halted', ...stamp, reason: 'a conflict', remedy: 'resolve it', files: [], resume: '' },
  'run.warning': { event: 'run.warning', ...stamp, text: 'a label could not be made' },
  'gated.phase': {
    event: 'gated.phase',
    ...stamp,
    target: 'issue-7',
    state: 'RUNNING',
    phase: 'REVIEW',
    cycle: 1,
    limit: 20,
  },
  'gated.question': { event: 'gated.question', ...stamp, number: 1, text: 'Push?', answers: ['push', 'keep'] },
  'run.finished': { event: 'run.finished', ...stamp, ...run, exitCode: 0 },
};

const page = 'docs/json.md';
const documented = new Map(
  tableUnder(page, 'event | further fields').map(([event = '', fields = '']) => [codeIn(event)[0], codeIn(fields)]),
);

describe('docs/json.md', () => {
  test('names every event, and no other', () => {
    expect([...documented.keys()]).toEqual(Object.keys(samples));
  });

  test.each(Object.values(samples))('names the fields of $event', (event) => {
    const fields = Object.keys(event).filter((field) => !['event', 'runId', 'at'].includes(field));
    expect([...(documented.get(event.event) ?? [])].sort()).toEqual(fields.sort());
  });

  test('names the fields of a run and of a task', () => {
    const [ofRun, ofTask] = ['## A run', '## A task'].map((heading) => firstCells(heading));
    expect(ofRun).toEqual(Object.keys(run));
    expect(ofTask).toEqual(Object.keys(task));
  });

  test('names the types of errors', () => {
    const list = /<!-- failures -->([\s\S]*?)<!-- \/failures -->/.exec(read(page))?.[1] ?? '';
    expect(codeIn(list)).toEqual(Object.keys(failureKinds));
  });
});

function firstCells(heading: string): string[] {
  const section = read(page).split(`${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, field = '']) => field);
}
