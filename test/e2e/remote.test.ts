import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalBinary } from '../../src/server/binary.ts';
import { dynamicConfig } from '../../src/server/embedded.ts';
import { cacheDir } from '../../src/server/state.ts';
import { pullsOf, viewOfIssue } from './support/github.ts';
import { type GitHubRepository, makeRepository } from './support/repository.ts';
import { until } from './support/wait.ts';
import { type Environment, openWorld, type Running, type World } from './support/world.ts';

jest.setTimeout(120_000);

// A Temporal server that is nobody's on this machine, a worker for it with an agent and a token, and a client that has
// neither worker nor agent: a CI job.
let world: World;
let server: TestWorkflowEnvironment;
let temporal: Environment;
let agents: string;
let worker: Running;
let repository: GitHubRepository;
const token = 'a-token-that-must-stay-where-it-is';

beforeAll(async () => {
  world = await openWorld();
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: () => {} });
  server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary },
      extraArgs: dynamicConfig,
      log: { format: 'pretty', level: 'error' },
    },
  });
  temporal = { TEMPORAL_ADDRESS: server.address };

  repository = await makeRepository(world, { config: { agent: { command: ['e2e-agent'] } } });
  Object.assign(repository.github, { token });
  const milestone = 'Sprint 1';
  repository.github.seed({
    issues: [
      { title: 'One', milestone },
      { title: 'Two', milestone },
      { title: 'Alone' },
      { title: 'Alone too', body: 'fail' },
    ],
  });

  agents = path.join(world.folder, 'bin');
  await mkdir(agents);
  const script = new URL('./support/agent.mjs', import.meta.url).pathname;
  await writeFile(path.join(agents, 'e2e-agent'), `#!/bin/sh\nexec '${process.execPath}' '${script}'\n`, {
    mode: 0o755,
  });
  const env = {
    ...temporal,
    GITHUB_TOKEN: token,
    E2E_LOG: repository.env.E2E_LOG,
    PATH: `${agents}:${world.env.PATH}`,
    LOCUS_STATE_DIR: path.join(world.folder, 'worker'),
  };
  worker = world.start(['worker'], { cwd: world.folder, env });
  await until('the worker serves', () => readFile(path.join(world.folder, 'worker', 'worker.json')).catch(() => null));
});

afterAll(async () => {
  worker.process.kill('SIGTERM');
  await worker.ended;
  await server.teardown();
  await world.end();
});

/** A fresh clone, as a CI job makes it, and `locus` in it. */
async function ciJob(name: string) {
  const folder = path.join(world.folder, name);
  await repository.git('clone', '-q', repository.remote, folder);
  const stateDir = path.join(world.folder, `${name}-state`);
  const env = { ...temporal, GITHUB_API_URL: repository.github.url, GITHUB_TOKEN: token, LOCUS_STATE_DIR: stateDir };
  return { folder, stateDir, locus: (...args: string[]) => world.locus(args, { cwd: folder, env }) };
}

test('a sprint started by a client alone is done by the worker, from the remote; nothing is left on the client', async () => {
  const job = await ciJob('job-1');
  const refs = await repository.git('-C', job.folder, 'for-each-ref');
  const { code, stdout } = await job.locus('run', '--wait');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('finished: 2 of 2 tasks done, pull request #5'),
  });

  expect(await repository.agentStarts()).toEqual([1, 2]);
  expect((await repository.commits('locus/sprint-sprint-1')).map(({ subject, files }) => [subject, files])).toEqual([
    ['feat: One (#1)', ['issue-1.txt']],
    ['feat: Two (#2)', ['issue-2.txt']],
  ]);
  expect(pullsOf(repository.github)).toEqual(['#5 locus/sprint-sprint-1→main open "Sprint: Sprint 1"']);
  expect(viewOfIssue(repository.github, 1)).toEqual({
    labels: ['locus:done'],
    comments: ['🤖 **Locus execution complete**'],
  });

  expect(await repository.git('-C', job.folder, 'for-each-ref')).toBe(refs);
  expect(await repository.git('-C', job.folder, 'status', '--porcelain', '--ignored')).toBe('');
  expect(await readdir(job.stateDir)).toEqual([]);
  expect(await worktreesOnWorker()).toEqual([]);
});

test('a parallel run of a client tells it which task failed; --detach returns while the work goes on', async () => {
  const job = await ciJob('job-2');
  const { code, stdout } = await job.locus('run', '3', '4', '--wait');
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('finished: 1 of 2 tasks done, 1 failed'),
  });
  expect((await repository.commits('locus/issue-3')).map(({ files }) => files)).toEqual([['issue-3.txt']]);
  expect(pullsOf(repository.github)).toContain('#6 locus/issue-3→main open "Alone (#3)"');
  expect(await worktreesOnWorker()).toEqual(['issue-4']);

  const [fifth] = repository.github.seed({ issues: [{ title: 'Later' }] }).issues;
  expect(await job.locus('run', String(fifth), '--detach')).toMatchObject({ code: 0 });
  await until('its pull request is there', () =>
    pullsOf(repository.github).includes(`#8 locus/issue-${fifth}→main open "Later (#${fifth})"`),
  );
});

test('the token is in no history of a run, and in no file of the worker', async () => {
  let inputs = 0;
  for await (const run of server.client.workflow.list()) {
    const history = await server.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
    // Payloads are bytes, which JSON shows in base 64.
    const told = JSON.stringify(history).replace(/"data":"([^"]+)"/g, (_, data) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(told).not.toContain(token);
    inputs += told.includes('baseBranch') ? 1 : 0;
  }
  // A sprint, a parallel run with its two children, a single issue; the account's gate has no such input.
  expect(inputs).toBe(5);
  for (const entry of await readdir(path.join(world.folder, 'worker'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // What a run that is just ending removes meanwhile holds nothing any more.
    const content = await readFile(path.join(entry.parentPath, entry.name), 'latin1').catch(unlessGone);
    expect(content).not.toContain(token);
  }
});

async function worktreesOnWorker(): Promise<string[]> {
  const mirrors = path.join(world.folder, 'worker', 'mirrors');
  const [folder] = (await readdir(mirrors)).filter((name) => name.endsWith('-worktrees'));
  return folder === undefined ? [] : readdir(path.join(mirrors, folder));
}

function unlessGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
