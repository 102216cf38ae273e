import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { guardLog } from '../../../src/activities/gated/guard-log.ts';
import { pushBranch } from '../../../src/activities/push.ts';
import { createTrackerActivities } from '../../../src/activities/tracker.ts';
import { type Fixture, failureOf, makeFixture, removeFolders, sh } from '../../git/support.ts';
import { depsOf, runOf } from '../support.ts';

afterAll(removeFolders);

const run = { type: 'gated', artifacts: 'run-20260102-0a1b2c3d' } as const;
const at = (time: string) => ({ scheduledTimestampMs: Date.parse(time) });
const first = '2026-01-02T10:00:00.000Z';

/** One attempt of an activity that was scheduled then. */
function attempt(
  fixture: Fixture,
  info: { scheduledTimestampMs: number },
  work: () => Promise<unknown>,
  given: object,
) {
  const environment = new MockActivityEnvironment(info, {
    interceptors: [() => ({ inbound: guardLog(fixture.stateDir) })],
  });
  return failureOf(environment.run((_run: object) => work(), given));
}

/** A push of a commit to a branch of the remote, in the name of a run. */
function push(fixture: Fixture, branch: string, info = at(first), changes: object = run) {
  const context = runOf(fixture, changes);
  const request = { branch, commit: fixture.first };
  return attempt(fixture, info, () => pushBranch(depsOf(fixture), context, request), context);
}

async function blocks({ stateDir }: Fixture): Promise<unknown[]> {
  const text = await readFile(path.join(stateDir, 'runs', run.artifacts, 'guard.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const blocked = (timestamp: string, operation: string, target: string) => ({
  timestamp,
  event: 'guard_block',
  operation,
  target,
});

test('a push that the guard refuses a gated run is noted once, however often the activity is tried', async () => {
  const fixture = await makeFixture();
  for (const _attempt of [1, 2]) expect((await push(fixture, 'release/1')).type).toBe('GuardRefused');
  expect(await blocks(fixture)).toEqual([blocked(first, 'push', 'refs/heads/release/1')]);

  // Asked again after a resume, it is another one.
  const later = '2026-01-02T11:00:00.000Z';
  await push(fixture, 'release/1', at(later));
  expect(await blocks(fixture)).toHaveLength(2);
  expect((await blocks(fixture))[1]).toEqual(blocked(later, 'push', 'refs/heads/release/1'));
});

test('C43: so is a draft whose head is protected, and no tracker is asked', async () => {
  const fixture = await makeFixture();
  const context = runOf(fixture, run);
  const secrets = () => Promise.reject(new Error('no secret is needed to refuse'));
  const { openDraft } = createTrackerActivities({ secrets });
  const draft = { branch: 'hotfix-1', title: 't', body: 'b' };
  const failure = await attempt(fixture, at(first), () => openDraft(context, draft), context);
  expect(failure.type).toBe('GuardRefused');
  expect(await blocks(fixture)).toEqual([blocked(first, 'pr-create', 'hotfix-1')]);
});

test('C43: who asks for a pull request that is ready gets a draft', async () => {
  const fixture = await makeFixture();
  const context = runOf(fixture, run);
  const { openDraft } = createTrackerActivities({ secrets: async () => ({ token: null, env: {} }) });
  const asked = { branch: 'feature/x', title: 't', body: 'b', draft: false };
  const environment = new MockActivityEnvironment(at(first));
  const { number } = (await environment.run(openDraft, context, asked)) as { readonly number: number };
  const file = path.join(fixture.repository.commonDir, 'locus', 'pulls', `${number}.md`);
  expect(await readFile(file, 'utf8')).toMatch(/^draft: true$/m);
});

test("what the remote refuses is no block, and a plain run's blocks have no folder", async () => {
  const fixture = await makeFixture();
  sh(fixture.root, ['remote', 'set-url', 'origin', `${fixture.remote}-gone`]);
  expect((await push(fixture, 'feature/x')).type).not.toBe('GuardRefused');
  expect((await push(fixture, 'main', at(first), {})).type).toBe('GuardRefused');
  expect(await readdir(path.join(fixture.stateDir, 'runs')).catch(() => [])).toEqual([]);
});
