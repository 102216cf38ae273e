import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type BareRepository, createBareRepository } from '../github-repository.ts';
import { type GitHubStandIn, startGitHubStandIn } from './server.mjs';

let git: BareRepository;
let gitHub: GitHubStandIn;
beforeAll(async () => {
  git = await createBareRepository();
  await git.addBranch('topic');
  gitHub = await startGitHubStandIn({ repoDir: git.dir });
});
beforeEach(() => gitHub.reset());
afterAll(async () => {
  await gitHub.stop();
  await git.remove();
});

interface Answer {
  readonly status: number;
  readonly link: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not typed
  readonly body: any;
}

async function ask(method: string, path: string, body?: unknown, token = gitHub.token): Promise<Answer> {
  const response = await fetch(gitHub.url + path, {
    method,
    headers: token ? { authorization: `token ${token}` } : {},
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, link: response.headers.get('link'), body: await response.json() };
}

const repo = '/repos/acme/shop';

test('nothing is answered without the right token', async () => {
  expect((await ask('GET', repo, undefined, '')).status).toBe(401);
  expect((await ask('GET', repo, undefined, 'other')).body.message).toBe('Bad credentials');
  expect((await ask('GET', repo)).body.default_branch).toBe('main');
});

test('what is unknown is 404', async () => {
  expect((await ask('GET', '/repos/acme/other')).status).toBe(404);
  expect((await ask('GET', `${repo}/issues/1`)).status).toBe(404);
  expect((await ask('GET', `${repo}/nothing`)).status).toBe(404);
});

test('pages hold 30, at most 100, and link to each other', async () => {
  gitHub.seed({ issues: Array.from({ length: 130 }, (_, i) => ({ title: `${i}` })) });
  expect((await ask('GET', `${repo}/issues`)).body).toHaveLength(30);
  const page = await ask('GET', `${repo}/issues?per_page=500`);
  expect(page.body).toHaveLength(100);
  expect(page.link).toContain('page=2>; rel="next"');
  expect((await ask('GET', `${repo}/issues?per_page=100&page=2`)).link).not.toContain('rel="next"');
});

test('pull requests are listed among the issues', async () => {
  await ask('POST', `${repo}/pulls`, { title: 'One', head: 'topic', base: 'main' });
  expect((await ask('GET', `${repo}/issues`)).body[0].pull_request).toBeTruthy();
});

test('a pull request needs a pushed head with commits, and no other one open', async () => {
  const post = (head: string) => ask('POST', `${repo}/pulls`, { title: 'One', head, base: 'main' });
  expect((await post('none')).body.errors).toEqual([{ resource: 'PullRequest', code: 'invalid', field: 'head' }]);
  expect((await post('main')).body.errors[0].message).toBe('No commits between main and main');
  expect((await post('topic')).status).toBe(201);
  const second = await post('topic');
  expect(second.status).toBe(422);
  expect(second.body.errors[0].message).toBe('A pull request already exists for acme:topic.');
});

test('labels and milestones exist once', async () => {
  for (const [path, body] of [
    ['labels', { name: 'bug', color: 'ff0000' }],
    ['milestones', { title: 'Sprint 1' }],
  ] as const) {
    expect((await ask('POST', `${repo}/${path}`, body)).status).toBe(201);
    expect((await ask('POST', `${repo}/${path}`, body)).body.errors[0].code).toBe('already_exists');
  }
});

test('labelling an issue makes the label, removing an absent one is 404', async () => {
  gitHub.seed({ issues: [{ title: 'One' }] });
  await ask('POST', `${repo}/issues/1/labels`, { labels: ['new'] });
  expect(gitHub.state().labels.map((label) => label.name)).toEqual(['new']);
  expect((await ask('DELETE', `${repo}/issues/1/labels/other`)).body.message).toBe('Label does not exist');
});

test('a merge moves the base and closes the issues that the body names', async () => {
  gitHub.seed({ issues: [{ title: 'One' }] });
  await git.addBranch('fix');
  await ask('POST', `${repo}/pulls`, { title: 'Two', head: 'fix', base: 'main', body: '- Closes #1: One' });
  expect((await ask('POST', '/__merge/2')).body.merged_at).toBeTruthy();
  expect(gitHub.state().issues[0]?.state).toBe('closed');
  const again = await ask('POST', `${repo}/pulls`, { title: 'Two', head: 'fix', base: 'main' });
  expect(again.body.errors[0].message).toBe('No commits between main and fix');
});

test('faults strike as often as told, and requests are logged', async () => {
  await ask('POST', '/__faults', [{ method: 'GET', path: '/shop$', times: 2, kind: 'status', status: 503 }]);
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await ask('GET', repo)).status);
  expect(statuses).toEqual([503, 503, 200]);
  expect((await ask('GET', '/__log')).body).toMatchObject([{ status: 503 }, { status: 503 }, { path: repo }]);
});

test('a connection cut after the write has written', async () => {
  gitHub.faults.push({ kind: 'cutAfterWrite' });
  await expect(ask('POST', `${repo}/issues`, { title: 'One' })).rejects.toThrow('fetch failed');
  expect(gitHub.state().issues).toHaveLength(1);
});

test('it runs as a program', async () => {
  const program = `${import.meta.dirname}/server.mjs`;
  const child = spawn(process.execPath, [program, '--port', '0', '--repo-dir', git.dir, '--token', 't']);
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const response = await fetch(`${line.toString().trim()}/user`, { headers: { authorization: 'Bearer t' } });
    expect(response.status).toBe(200);
  } finally {
    child.kill('SIGKILL');
  }
});
