import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { GitHubOptions } from '../../../src/trackers/github/client.ts';
import { type Clock, Governor, governorOf } from '../../../src/trackers/github/governor.ts';
import { createGitHubTracker } from '../../../src/trackers/github/tracker.ts';
import type { Tracker } from '../../../src/trackers/tracker.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../../support/github-stand-in/server.mjs';
import { draft, failureOf } from '../contract.ts';

let gitHub: GitHubStandIn;

beforeAll(async () => {
  gitHub = await startGitHubStandIn();
});
afterAll(() => gitHub.stop());
beforeEach(() => {
  gitHub.reset();
  gitHub.seed({ issues: [{ title: 'One' }] });
  process.env.LOCUS_GITHUB_PACE = 'on';
});
afterEach(() => {
  delete process.env.LOCUS_GITHUB_PACE;
});

function open(given: Partial<GitHubOptions> = {}): Tracker {
  const { url, owner, repo, token } = gitHub;
  return createGitHubTracker({ apiUrl: url, owner, repo, token, timeoutMs: 5000, ...given });
}

const comment = (tracker: Tracker, text: string) =>
  tracker.putComment(1, { marker: text, body: text, mayExist: false });

async function comments(tracker: Tracker, many: number): Promise<void> {
  await Promise.all(Array.from({ length: many }, (_, index) => comment(tracker, `comment ${index}`)));
}

/** A clock that stands still but for those who sleep. */
function stillClock(): Clock & { slept: number[]; at: number } {
  return {
    at: Date.parse('2026-11-21T12:00:00Z'),
    slept: [],
    now() {
      return this.at;
    },
    async sleep(ms) {
      this.slept.push(ms);
      this.at += ms;
    },
  };
}

describe('a governor', () => {
  let clock: ReturnType<typeof stillClock>;
  let governor: Governor;
  beforeEach(() => {
    clock = stillClock();
    governor = new Governor(clock);
  });

  test('sends 80 comments at once; the next is refused until it may be sent, in words, and was not sent', async () => {
    const tracker = open({ governor });
    await comments(tracker, 80);
    const failure = await failureOf(comment(tracker, 'one more'));
    expect(failure).toMatchObject({ type: 'RateLimited', details: { retryAt: clock.at + 70_000 } });
    expect(failure.message).toMatch(
      /^GitHub's pace \(80 new comments, issues and pull requests a minute\) allows the next one by \d\d:\d\d /,
    );
    expect(clock.slept).toEqual([]);
    expect(gitHub.log).toHaveLength(80);
    clock.at += 70_000;
    await comment(tracker, 'one more');
    expect(gitHub.log).toHaveLength(81);
  });

  test('holds a request back itself where the wait is short', async () => {
    await comments(open({ governor }), 80);
    clock.at += 50_000;
    await comment(open({ governor }), 'one more');
    expect(clock.slept).toEqual([20_000]);
    expect(gitHub.log).toHaveLength(81);
  });

  test('does not hold the requests of one activity back for longer than that in all', async () => {
    const [first, second] = [open({ governor }), open({ governor })];
    await comments(first, 80);
    clock.at += 45_000;
    await second.getIssue(1);
    clock.at += 6_000;
    expect((await failureOf(comment(second, 'one more'))).type).toBe('RateLimited');
  });

  test('holds a command back for as long as it likes to wait, and tells it why', async () => {
    const told: string[] = [];
    const tracker = open({ governor, patienceMs: 600_000, onWait: (why) => told.push(why) });
    await comments(tracker, 81);
    expect(clock.slept).toEqual([70_000]);
    expect(told).toEqual([expect.stringContaining('80 new comments, issues and pull requests a minute')]);
  });

  test('lets issues be read, pages too, and labelled while comments wait', async () => {
    gitHub.seed({ issues: Array.from({ length: 120 }, () => ({ title: 'x' })) });
    const tracker = open({ governor });
    await comments(tracker, 80);
    await failureOf(comment(tracker, 'one more'));
    expect(await tracker.listIssues({ state: 'open' })).toHaveLength(121);
    await tracker.addLabels(1, ['a']);
    expect(clock.slept).toEqual([]);
  });

  test('counts each page, and issues and pull requests like comments', async () => {
    gitHub.seed({ issues: Array.from({ length: 120 }, () => ({ title: 'x' })) });
    const tracker = open({ governor });
    await Promise.all(Array.from({ length: 898 }, () => tracker.getIssue(1)));
    await tracker.listIssues({ state: 'open' });
    expect((await failureOf(tracker.getIssue(1))).message).toContain('900 points a minute');
    clock.at += 70_000;
    await comments(tracker, 79);
    await tracker.createIssue(draft({ title: 'New' }));
    expect((await failureOf(tracker.createIssue(draft({ title: 'Another' })))).type).toBe('RateLimited');
  });

  test('has at most 90 requests on their way at a time', async () => {
    let [now, most] = [0, 0];
    const ask = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    const request = { method: 'GET', url: `${gitHub.url}/user`, body: undefined, until: 0 };
    await Promise.all(Array.from({ length: 300 }, () => governor.send(request, ask)));
    await expect(governor.send(request, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect([most, now]).toEqual([90, 0]);
    clock.at += 70_000;
    expect(governor.isIdle()).toBe(true);
  });
});

describe('an account', () => {
  test('has one governor in a process, whatever run asks; another token has its own', async () => {
    await comments(open(), 80);
    expect((await failureOf(comment(open(), 'of another run'))).type).toBe('RateLimited');
    expect(gitHub.log).toHaveLength(80);
    // It was sent, as another account that the stand-in does not know.
    expect((await failureOf(comment(open({ token: 'ghp_other' }), 'of another'))).type).toBe('CredentialsRefused');
  });

  test.each([
    ['https://api.github.com', undefined, true],
    ['https://api.github.com/', '', true],
    ['https://api.acme.ghe.com', undefined, true],
    ['https://ghe.example/api/v3', undefined, false],
    ['https://api.github.com.example', undefined, false],
    ['https://ghe.example/api/v3', 'on', true],
    ['https://api.github.com', 'off', false],
  ])('at %s with LOCUS_GITHUB_PACE %s: governed is %s', (apiUrl, setting, expected) => {
    if (setting === undefined) delete process.env.LOCUS_GITHUB_PACE;
    else process.env.LOCUS_GITHUB_PACE = setting;
    expect(governorOf(apiUrl, 'ghp_x') !== null).toBe(expected);
  });

  test('is the same with and without a slash at the end of its address', () => {
    expect(governorOf('https://api.github.com/', 'ghp_x')).toBe(governorOf('https://API.github.com', 'ghp_x'));
  });

  test('is not opened with a setting that means nothing', () => {
    process.env.LOCUS_GITHUB_PACE = 'fast';
    expect(() => open()).toThrow('LOCUS_GITHUB_PACE is on or off, not "fast"');
  });
});
