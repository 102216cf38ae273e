import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createTrackerActivities } from '../../src/activities/tracker.ts';
import type { LocusFailure } from '../../src/domain/failures.ts';
import type { RunContext } from '../../src/domain/run.ts';
import { openTracker } from '../../src/trackers/open.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../support/github-stand-in/server.mjs';
import { settingsOf } from '../workflows/settings.ts';

let github: GitHubStandIn;
beforeAll(async () => {
  github = await startGitHubStandIn();
});
afterEach(() => github.reset());
afterAll(() => github.stop());

const report = { issue: 1, labels: [], kind: 'done', summary: '', failure: null, durationMs: 1, pr: null } as const;

function runHere(changes: Partial<RunContext> = {}): RunContext {
  const { owner, repo, url: apiUrl } = github;
  return {
    ...{
      runId: 'locus/acme/shop/sprint/s',
      type: 'sprint',
      repoName: 'acme/shop',
      baseBranch: 'main',
      remote: 'origin',
    },
    tracker: { kind: 'github', apiUrl, owner, repo },
    source: { kind: 'checkout', hostId: 'here', root: '/r' },
    ...{ sprint: null, branch: null, only: null, startedBy: 'test', restarted: false },
    settings: settingsOf({}, true),
    ...changes,
  };
}

const activities = () => createTrackerActivities({ secrets: async () => ({ token: github.token, env: {} }) });

/** One attempt of the activity that tells an issue that it is done. */
function attempt(environment: MockActivityEnvironment): Promise<void> {
  return environment.run(activities().reportResult, runHere(), { ...report, mayExist: false });
}

test.each([
  ['main', {}],
  ['release/1', {}],
  ['next', { baseBranch: 'next' }],
  ['trunk', { protectedBranches: ['trunk'] }],
])('A4: a pull request of %s is neither made nor edited, in a plain run too', async (branch, changes) => {
  github.seed({ issues: [{ title: 'One' }] });
  const run = runHere(changes);
  const environment = new MockActivityEnvironment();
  const { openIssuePull, openSprintPull } = activities();
  const issue = { issue: 1, title: 'One', branch, summary: '', mayExist: true };
  const sprint = { branch, sprint: 's', tasks: [] };
  for (const asked of [
    () => environment.run(openIssuePull, run, issue),
    () => environment.run(openSprintPull, run, sprint),
  ]) {
    await expect(asked()).rejects.toMatchObject({ type: 'GuardRefused' });
  }
  expect(github.state().pulls).toEqual([]);
});

test('a write beats while the tracker does not answer, so that its worker’s death is noticed', async () => {
  github.seed({ issues: [{ title: 'One' }] });
  github.faults.push({ kind: 'delay', ms: 1_500 });
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => {
    beats += 1;
  });
  await attempt(environment);
  expect(beats).toBeGreaterThanOrEqual(1);
});

test('a write that is tried again while its first attempt goes on leaves one comment', async () => {
  github.seed({ issues: [{ title: 'One' }] });
  github.faults.push({ method: 'POST', path: '/comments$', kind: 'delay', ms: 300 });
  const first = attempt(new MockActivityEnvironment());
  await Promise.all([first, attempt(new MockActivityEnvironment({ attempt: 2 }))]);
  expect(github.state().issues[0]?.comments).toHaveLength(1);
});

test('a comment that GitHub’s pace does not allow yet is told when, and nothing of it is sent', async () => {
  github.seed({ issues: [{ title: 'One' }, { title: 'Two' }] });
  const { owner, repo, url: apiUrl, token } = github;
  process.env.LOCUS_GITHUB_PACE = 'on';
  try {
    const ofAnotherRun = await openTracker({ kind: 'github', apiUrl, owner, repo }, token);
    const comment = { marker: 'm', body: 'm', mayExist: false };
    await Promise.all(Array.from({ length: 80 }, () => ofAnotherRun.putComment(2, comment)));
    const refused = await attempt(new MockActivityEnvironment()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'RateLimited', message: expect.stringContaining("GitHub's pace (80 new") });
    const { retryAt = 0 } = (refused as LocusFailure).details;
    expect(Math.abs(retryAt - Date.now() - 70_000)).toBeLessThan(10_000);
    expect(github.state().issues[0]?.comments).toEqual([]);
  } finally {
    delete process.env.LOCUS_GITHUB_PACE;
  }
});
