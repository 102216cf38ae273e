import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Fault } from '../support/github-stand-in/server.mjs';
import { callsOf, pullsOf, viewOfIssue } from './support/github.ts';
import { makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const server: Fault = { kind: 'status', status: 500, body: '<html>Oops</html>', times: 2 };
const secondary: Fault = {
  kind: 'status',
  status: 403,
  headers: { 'retry-after': '1' },
  body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
};
const cut: Fault = { kind: 'cutAfterWrite' };

const post = (path: string, fault: Fault): Fault => ({ ...fault, method: 'POST', path });
const labelMade = '/acme/[^/]+/labels$';

const faults: [string, Fault[]][] = [
  [
    'server errors',
    [
      { ...server, method: 'GET', path: '/issues/2$' },
      post('/issues/1/labels$', server),
      post(labelMade, { ...server, status: 502, times: 1 }),
      post('/pulls$', { ...server, status: 503, times: 1 }),
    ],
  ],
  [
    'rate limits',
    [
      post('/comments$', secondary),
      post('/pulls$', secondary),
      { ...secondary, status: 429, method: 'DELETE', path: '/labels/' },
    ],
  ],
  ['connections cut after comments were written', [post('/issues/1/comments$', cut), post('/issues/2/comments$', cut)]],
  [
    'connections cut after labels were made, set and removed and the pull request was made and labelled',
    [
      post(labelMade, cut),
      post('/issues/1/labels$', cut),
      { ...cut, method: 'DELETE', path: '/issues/2/labels/' },
      post('/pulls$', cut),
      post('/issues/3/labels$', cut),
    ],
  ],
  [
    'connections cut before anything was done',
    [post('/issues/1/comments$', { kind: 'cutBefore' }), post('/pulls$', { kind: 'cutBefore' })],
  ],
];

test.each(faults)('each write leaves one effect, in spite of %s', async (_what, planned) => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({
    issues: [
      { title: 'One', milestone: 'Sprint 1' },
      { title: 'Two', milestone: 'Sprint 1' },
    ],
  });
  github.faults.push(...planned.map((fault) => ({ ...fault })));
  const { code, stdout, stderr } = await repository.run(['run']);
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: expect.stringContaining('finished: 2 of 2 tasks done, pull request #3'),
    stderr: expect.not.stringContaining('error'),
  });
  expect(stdout).not.toContain('warning: #');
  expect(github.faults.map(({ times }) => times ?? 1)).toEqual(planned.map(() => 0));

  expect(pullsOf(github)).toEqual(['#3 locus/sprint-sprint-1→main open "Sprint: Sprint 1"']);
  expect(github.state().pulls[0]?.labels.map(({ name }) => name)).toEqual(['agent:managed']);
  for (const issue of [1, 2]) {
    expect(viewOfIssue(github, issue)).toEqual({
      labels: ['locus:done'],
      comments: ['🤖 **Locus execution complete**'],
    });
  }
  expect(await repository.agentStarts()).toEqual([1, 2]);
  expect((await repository.commits('locus/sprint-sprint-1')).map(({ issue }) => issue)).toEqual(['1', '2']);
});

test('a fault when the run is about to start is told, and nothing is left half done', async () => {
  const repository = await makeRepository(world);
  const { github } = repository;
  github.seed({ issues: [{ title: 'One', milestone: 'Sprint 1' }] });
  github.faults.push({ ...server, times: 100, path: '/milestones' });
  const { code, stderr } = await repository.run(['run']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/500/) });
  expect(Object.keys(callsOf(github)).filter((call) => !call.startsWith('GET'))).toEqual([]);
  expect(await repository.agentStarts()).toEqual([]);
});
