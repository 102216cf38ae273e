import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createGitHubTracker } from '../../../src/trackers/github/tracker.ts';
import type { Tracker } from '../../../src/trackers/tracker.ts';
import { type BareRepository, createBareRepository } from '../../support/github-repository.ts';
import { type Fault, type GitHubStandIn, startGitHubStandIn } from '../../support/github-stand-in/server.mjs';
import { draft, failureOf, pullDraft, trackerContract } from '../contract.ts';

let git: BareRepository;
let gitHub: GitHubStandIn;

beforeAll(async () => {
  git = await createBareRepository();
  gitHub = await startGitHubStandIn({ repoDir: git.dir });
});
afterAll(async () => {
  await gitHub.stop();
  await git.remove();
});

function open(given: { token?: string; apiUrl?: string; repo?: string; timeoutMs?: number } = {}): Tracker {
  const { url, owner, repo, token } = gitHub;
  return createGitHubTracker({ apiUrl: url, owner, repo, token, timeoutMs: 5000, ...given });
}

trackerContract('GitHub', async () => {
  gitHub.reset();
  return {
    tracker: open(),
    addBranch: (name) => git.addBranch(name),
    mergePull: async (number) => {
      await gitHub.merge(number);
    },
    close: async () => {},
  };
});

describe('few calls', () => {
  let tracker: Tracker;
  beforeEach(async () => {
    gitHub.reset();
    await git.addBranch('locus/issue-1');
    gitHub.seed({ issues: [{ title: 'One' }] });
    tracker = open();
  });
  const requests = () => gitHub.log.map(({ method, path }) => `${method} ${path.replace('/repos/acme/shop', '')}`);

  test('a new comment is one request', async () => {
    await tracker.putComment(1, { marker: 'm', body: 'm', mayExist: false });
    expect(requests()).toEqual(['POST /issues/1/comments']);
  });

  test('an unchanged comment is not written again', async () => {
    await tracker.putComment(1, { marker: 'm', body: 'm', mayExist: false });
    await tracker.putComment(1, { marker: 'm', body: 'm\r\n', mayExist: true });
    expect(requests().slice(1)).toEqual(['GET /issues/1/comments?per_page=100']);
  });

  test('labels are one request, and none where there are none', async () => {
    await tracker.addLabels(1, []);
    await tracker.addLabels(1, ['a', 'b']);
    await tracker.removeLabel(1, 'a b/ü');
    expect(requests()).toEqual(['POST /issues/1/labels', 'DELETE /issues/1/labels/a%20b%2F%C3%BC']);
  });

  test('a new pull request with labels is two requests, an unchanged one is one', async () => {
    await tracker.putPull(pullDraft({ labels: ['agent:managed'] }), { mayExist: false });
    await tracker.putPull(pullDraft({ labels: ['agent:managed'] }), { mayExist: true });
    expect(requests()).toEqual([
      'POST /pulls',
      'POST /issues/2/labels',
      expect.stringMatching(/^GET \/pulls\?.*head=/),
    ]);
  });

  test('120 issues are two requests', async () => {
    gitHub.seed({ issues: Array.from({ length: 119 }, () => ({ title: 'x' })) });
    expect(await tracker.listIssues({ state: 'open' })).toHaveLength(120);
    expect(requests()).toHaveLength(2);
  });

  test('requests are told to whoever counts them', async () => {
    const seen: string[] = [];
    const { url, owner, repo, token } = gitHub;
    const onRequest = ({ method, path }: { method: string; path: string }) => seen.push(`${method} ${path}`);
    await createGitHubTracker({ apiUrl: `${url}/api/v3/`, owner, repo, token, onRequest }).getIssue(1);
    expect(seen).toEqual(['GET /api/v3/repos/acme/shop/issues/1']);
  });
});

describe('a write that was done and not answered', () => {
  beforeEach(async () => {
    gitHub.reset();
    await git.addBranch('locus/issue-1');
    gitHub.seed({ issues: [{ title: 'One' }] });
  });

  test('leaves one comment after the retry', async () => {
    gitHub.faults.push({ method: 'POST', kind: 'cutAfterWrite' });
    const comment = { marker: 'm', body: 'm' };
    const failure = await failureOf(open().putComment(1, { ...comment, mayExist: false }));
    expect(failure.type).toBe('TrackerUnavailable');
    await open().putComment(1, { ...comment, mayExist: true });
    expect(gitHub.state().issues[0]?.comments).toHaveLength(1);
  });

  test('leaves one labelled pull request after the retry', async () => {
    gitHub.faults.push({ method: 'POST', path: '/pulls$', kind: 'cutAfterWrite' });
    const wanted = pullDraft({ labels: ['agent:managed'] });
    expect((await failureOf(open().putPull(wanted, { mayExist: false }))).type).toBe('TrackerUnavailable');
    await open().putPull(wanted, { mayExist: true });
    const { pulls } = gitHub.state();
    expect(pulls.map((pull) => pull.labels.map((label) => label.name))).toEqual([['agent:managed']]);
  });

  test('leaves one sprint after the retry', async () => {
    gitHub.faults.push({ method: 'POST', kind: 'cutAfterWrite' });
    await failureOf(open().createSprint('S'));
    expect(await open().createSprint('S')).toMatchObject({ number: 1 });
    expect(gitHub.state().milestones).toHaveLength(1);
  });
});

describe('failures', () => {
  beforeEach(() => {
    gitHub.reset();
    gitHub.seed({ issues: [{ title: 'One' }] });
  });

  const reset = String(Math.floor(Date.now() / 1000) + 600);
  const cases: [string, Partial<Fault>, string, number | null][] = [
    ['500', { status: 500 }, 'TrackerUnavailable', null],
    ['502 in HTML', { status: 502, headers: { 'content-type': 'text/html' }, body: '<p>' }, 'TrackerUnavailable', null],
    ['a cut connection', { kind: 'cutBefore' }, 'TrackerUnavailable', null],
    ['no answer in time', { kind: 'delay', ms: 2000 }, 'TrackerUnavailable', null],
    ['403 with retry-after', { status: 403, headers: { 'retry-after': '7' } }, 'RateLimited', 7],
    ['429 with retry-after', { status: 429, headers: { 'retry-after': '7' } }, 'RateLimited', 7],
    ['429 that says nothing', { status: 429 }, 'RateLimited', 60],
    [
      '403 with nothing remaining',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } },
      'RateLimited',
      600,
    ],
    [
      '403 by the secondary limit',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      'RateLimited',
      60,
    ],
    ['403 by rights', { status: 403, body: { message: 'Resource not accessible' } }, 'TrackerRefused', null],
    ['401', { status: 401, body: { message: 'Bad credentials' } }, 'CredentialsRefused', null],
    ['410', { status: 410 }, 'IssueInvalid', null],
    ['422', { status: 422, body: { message: 'Validation Failed' } }, 'TrackerRefused', null],
    ['200 with something else', { status: 200, body: '<html>' }, 'TrackerRefused', null],
  ];
  for (const [what, fault, type, waits] of cases) {
    test(`${what} is ${type}, after one request`, async () => {
      gitHub.faults.push({ kind: 'status', times: 5, ...fault });
      const failure = await failureOf(open({ timeoutMs: fault.kind === 'delay' ? 150 : 5000 }).getIssue(1));
      expect(failure.type).toBe(type);
      expect(gitHub.log).toHaveLength(1);
      const seconds = failure.details.retryAt ? (failure.details.retryAt - Date.now()) / 1000 : null;
      if (waits === null) expect(seconds).toBeNull();
      else expect(Math.abs((seconds ?? 0) - waits)).toBeLessThan(30);
    });
  }

  test('a wrong token is CredentialsRefused and never in the message', async () => {
    const failure = await failureOf(open({ token: 'ghp_wrong' }).check());
    expect(failure.type).toBe('CredentialsRefused');
    expect(`${failure.message} ${failure.stack} ${JSON.stringify(failure.cause)}`).not.toContain('ghp_wrong');
  });

  test('a token that no header may hold is refused before a request', () => {
    expect(() => open({ token: 'ghp_a\nb' })).toThrow('holds characters that no token has');
  });

  test('an address that is none is ConfigInvalid', () => {
    expect(() => open({ apiUrl: 'github' })).toThrow('"github" is not the address of an API');
  });

  test('an unknown repository is named', async () => {
    const failure = await failureOf(open({ repo: 'nothing' }).check());
    expect(failure.type).toBe('TrackerRefused');
    expect(failure.message).toContain('acme/nothing');
  });

  test('a server that nobody runs is TrackerUnavailable', async () => {
    const failure = await failureOf(open({ apiUrl: 'http://127.0.0.1:1' }).check());
    expect(failure.type).toBe('TrackerUnavailable');
    expect(failure.message).toContain('127.0.0.1:1');
  });

  test("a pull request of a branch that was not pushed is refused with GitHub's words", async () => {
    const failure = await failureOf(open().putPull(pullDraft({ head: 'locus/none' }), { mayExist: false }));
    expect(failure.type).toBe('TrackerRefused');
    expect(failure.message).toContain('PullRequest head invalid');
  });

  test('a body that GitHub finds too long is refused with its words', async () => {
    const failure = await failureOf(open().createIssue(draft({ body: 'x'.repeat(65_537) })));
    expect(failure.message).toContain('too long (maximum is 65536 characters)');
  });
});

test('an answer that breaks off in its body is TrackerUnavailable', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"number": 1,');
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const failure = await failureOf(open({ apiUrl: `http://127.0.0.1:${port}` }).getIssue(1));
    expect(failure.type).toBe('TrackerUnavailable');
  } finally {
    server.close();
  }
});
