import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

// What scripts rely on, written down a second time on purpose: a field that goes or changes fails here.
const stamp = { runId: z.string().startsWith('locus/acme/'), at: z.iso.datetime() };
const task = {
  issue: z.int(),
  title: z.string(),
  order: z.int().nullable(),
  status: z.enum(['pending', 'in_progress', 'done', 'failed', 'skipped']),
  branch: z.string(),
  pr: z.int().nullable(),
  error: z.strictObject({ type: z.string(), message: z.string(), remedy: z.string() }).nullable(),
};
const view = {
  type: z.enum(['sprint', 'parallel', 'issue']),
  sprint: z.string().nullable(),
  branch: z.string().nullable(),
  status: z.enum(['running', 'halted', 'finished', 'stopped']),
  pr: z.int().nullable(),
  tasks: z.array(z.strictObject(task)),
};
const Event = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('run.started'), ...stamp, ...view }),
  z.strictObject({ event: z.literal('task.started'), ...stamp, issue: z.int(), title: z.string(), branch: z.string() }),
  z.strictObject({ event: z.literal('agent.event'), ...stamp, issue: z.int(), text: z.string(), costUsd: z.number() }),
  z.strictObject({ event: z.literal('task.finished'), ...stamp, ...task, durationMs: z.number() }),
  z.strictObject({ event: z.literal('run.waiting'), ...stamp, reason: z.string(), until: z.iso.datetime() }),
  z.strictObject({
    event: z.literal('run.halted'),
    ...stamp,
    reason: z.string(),
    remedy: z.string(),
    resume: z.string(),
    files: z.array(z.string()),
  }),
  z.strictObject({ event: z.literal('run.warning'), ...stamp, text: z.string() }),
  z.strictObject({ event: z.literal('run.finished'), ...stamp, ...view, exitCode: z.int() }),
  z.strictObject({ event: z.literal('run.detached'), ...stamp, version: z.string() }),
]);

function eventsIn(stdout: string): z.infer<typeof Event>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => Event.parse(JSON.parse(line)));
}

/** The events' names with their issues, without what an agent says, which may be more or less of it. */
function storyOf(events: readonly z.infer<typeof Event>[]): string[] {
  return events
    .filter(({ event }) => event !== 'agent.event')
    .map((event) => ('issue' in event ? `${event.event} #${event.issue}` : event.event));
}

const milestone = 'Sprint 1';

test('--json tells a sprint as lines of the documented events, in order', async () => {
  const repository = await makeRepository(world);
  repository.github.seed({
    issues: [
      { title: 'One', milestone, labels: ['order:4'], body: 'say hello\nsleep 4\nwrite a.txt' },
      { title: 'Two', milestone },
    ],
  });
  const { code, stdout } = await repository.run(['run', '--json']);
  expect(code).toBe(0);
  const events = eventsIn(stdout);
  expect(storyOf(events)).toEqual([
    'run.started',
    'task.started #1',
    'task.finished #1',
    'task.started #2',
    'task.finished #2',
    'run.finished',
  ]);
  expect(events.filter(({ event }) => event === 'agent.event')).not.toEqual([]);
  expect(events.at(-1)).toMatchObject({
    exitCode: 0,
    status: 'finished',
    pr: 3,
    type: 'sprint',
    sprint: milestone,
    branch: 'locus/sprint-sprint-1',
  });
  const [first] = events;
  expect(first).toMatchObject({
    tasks: [
      { issue: 1, order: 4, branch: 'locus/sprint-sprint-1' },
      { issue: 2, order: null },
    ],
  });
  const last = events.at(-1);
  expect(last?.event === 'run.finished' && last.tasks.map(({ issue, status, pr }) => [issue, status, pr])).toEqual([
    [1, 'done', 3],
    [2, 'done', 3],
  ]);
});

test('--json tells a halt, and status --json the same while it lasts', async () => {
  const repository = await makeRepository(world, { config: { agent: { maxAttempts: 1 } } });
  repository.github.seed({
    issues: [
      { title: 'One', milestone, body: 'fail no luck' },
      { title: 'Two', milestone },
    ],
  });
  const { code, stdout } = await repository.run(['run', '--json']);
  expect(code).toBe(3);
  const events = eventsIn(stdout);
  expect(storyOf(events)).toEqual(['run.started', 'task.started #1', 'task.finished #1', 'run.halted']);
  expect(events.at(-1)).toMatchObject({
    reason: 'command ended with exit code 1: no luck',
    resume: 'locus run --resume',
  });

  const status = await repository.run(['status', '--json']);
  const shown = JSON.parse(status.stdout);
  expect(shown).toMatchObject({ type: 'sprint', sprint: milestone, status: 'halted', branch: 'locus/sprint-sprint-1' });
  expect(
    shown.tasks.map((one: { issue: number; status: string; error: { type: string } | null }) => [
      one.issue,
      one.status,
      one.error?.type,
    ]),
  ).toEqual([
    [1, 'failed', 'AgentFailed'],
    [2, 'pending', undefined],
  ]);
  expect(await repository.run(['stop', shown.runId])).toMatchObject({ code: 0 });
  await until('nothing is in progress', async () => {
    const { stdout: now } = await repository.run(['status', '--json']);
    return now.trim() === '{"status":"no_run_in_progress"}';
  });
});

test('--json --detach is one line, with the run’s id', async () => {
  const repository = await makeRepository(world);
  repository.github.seed({ issues: [{ title: 'One' }] });
  const { code, stdout } = await repository.run(['run', '1', '--json', '--detach']);
  expect(code).toBe(0);
  expect(eventsIn(stdout)).toEqual([
    {
      event: 'run.detached',
      runId: `locus/acme/${repository.github.repo}/issue/1`,
      at: expect.any(String),
      version: expect.stringMatching(/^\d+\./),
    },
  ]);
});

test('--json tells a parallel run with each task’s own branch and pull request', async () => {
  const repository = await makeRepository(world);
  repository.github.seed({ issues: [{ title: 'One' }, { title: 'Two', body: 'nothing' }] });
  const { code, stdout } = await repository.run(['run', '1', '2', '--json']);
  expect(code).toBe(1);
  const events = eventsIn(stdout);
  expect(storyOf(events).sort()).toEqual([
    'run.finished',
    'run.started',
    'task.finished #1',
    'task.finished #2',
    'task.started #1',
    'task.started #2',
  ]);
  const last = events.at(-1);
  expect(
    last?.event === 'run.finished' &&
      last.tasks.map((one) => [one.issue, one.status, one.branch, one.pr, one.error?.type]),
  ).toEqual([
    [1, 'done', 'locus/issue-1', 3, undefined],
    [2, 'failed', 'locus/issue-2', null, 'NoChanges'],
  ]);
  expect(last).toMatchObject({ type: 'parallel', sprint: null, branch: null, pr: null, exitCode: 1 });
});
