import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { OpenedTarget } from '../../../src/activities/gated/contract.ts';
import { openTarget } from '../../../src/activities/gated/open.ts';
import type { RunContext } from '../../../src/domain/run.ts';
import { collectWork } from '../../../src/git/collect.ts';
import { openSlots } from '../../../src/server/slots.ts';
import { type Fixture, failureOf, makeFixture, removeFolders, sh } from '../../git/support.ts';
import { depsOf, runOf } from '../support.ts';

afterAll(removeFolders);

const branch = 'feature/sprint-plan';
let fixture: Fixture;
let run: RunContext;

beforeEach(async () => {
  fixture = await makeFixture();
  run = runOf(fixture, { type: 'gated', source: { kind: 'remote', url: fixture.remote }, branch });
});

/** A sprint of a plan, whose work is on no remote; each has claimed its host itself. */
async function sprint(name: string, { builtOn }: { readonly builtOn?: string } = {}) {
  const workflowId = `locus/test/gated/${name}`;
  const slots = await openSlots(fixture.stateDir, 2);
  await slots.take(workflowId);
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } } as Partial<
    MockActivityEnvironment['context']['info']
  >);
  const task = { issue: 0, title: name, order: null, commitType: 'feat', branch, committed: null } as const;
  const first = { task, resuming: false, startCommit: null, attemptId: null, pushed: true, asItIs: false };
  const request = builtOn === undefined ? first : { ...first, builtOn };
  return environment.run(() => openTarget(depsOf(fixture, { slots }), run, request)) as Promise<OpenedTarget>;
}

async function workOf(name: string): Promise<string> {
  const { workspace, startCommit } = await sprint(name);
  writeFileSync(join(workspace.path, `${name}.txt`), 'made\n');
  return (await collectWork(workspace, { start: startCommit, objectsDir: null, message: `${name}\n` })).commit ?? '';
}

describe('a sprint of a plan in a fleet', () => {
  test('goes on with what the sprint before it has left on its host, though nothing was pushed', async () => {
    const one = await workOf('sprint-1');
    const { workspace, startCommit } = await sprint('sprint-2', { builtOn: one });
    expect(startCommit).toBe(one);
    expect(sh(workspace.path, ['log', '-1', '--format=%s'])).toBe('sprint-1');
  });

  test.each([
    ['has never come to its host', 'c'.repeat(40)],
    ['is on its branch no more', null],
  ])('does not begin where that work %s', async (_where, unknown) => {
    const one = await workOf('sprint-1');
    // A run that is not the plan's takes what was never pushed off the branch.
    if (unknown === null) await sprint('another');
    const failure = await failureOf(sprint('sprint-2', { builtOn: unknown ?? one }));
    expect(failure).toMatchObject({
      type: 'WorkspaceBroken',
      message: expect.stringContaining((unknown ?? one).slice(0, 12)),
      details: { remedy: expect.stringContaining('`locus resume`') },
    });
  });
});
