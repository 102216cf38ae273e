import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { labelsOf } from '../e2e/support/github.ts';
import { until } from '../e2e/support/wait.ts';
import type { Outcome } from './check.ts';
import { type Found, processesOf } from './processes.ts';
import type { Scene } from './scene.ts';
import { fileOf } from './shapes.ts';

interface RunLine {
  readonly runId: string;
  readonly open: boolean;
  readonly status: string;
  readonly counts: readonly number[] | null;
}

/** Looks at everything that a trial has left. Stops the keeper, as the last of its questions. */
export async function lookAt(scene: Scene, exitCode: number | null): Promise<Outcome> {
  const { shape, repository, world, taken } = scene;
  const found = JSON.parse((await scene.locus('runs', '--json')).stdout || '[]') as RunLine[];
  const starts: Record<number, number> = {};
  for (const issue of await repository.agentStarts()) starts[issue] = (starts[issue] ?? 0) + 1;
  const branches = (await repository.remoteBranches()).filter((branch) => branch !== 'main');
  const { issues, pulls } = repository.github.state();
  const wip = await repository.git('for-each-ref', '--format=%(refname)', 'refs/locus/wip');
  const status = await repository.git('status', '--porcelain');
  const processes = await leftProcesses(scene);
  return {
    ...{ shape, exitCode, starts, taken, processes },
    runs: found
      .filter(({ runId }) => /\/(sprint|parallel)\//.test(runId))
      .map(({ open, status, counts }) => ({ open, status, done: counts?.[2] ?? 0 })),
    commits: Object.fromEntries(
      await Promise.all(branches.map(async (branch) => [branch, await repository.commits(branch)] as const)),
    ),
    lines: Object.fromEntries(
      await Promise.all(shape.issues.map(async (issue) => [issue, await pushedLines(scene, issue)] as const)),
    ),
    issues: issues.map((issue) => ({
      number: issue.number,
      labels: labelsOf(issue),
      comments: issue.comments.map(({ body }) => body.split('\n', 1)[0] ?? ''),
    })),
    pulls: pulls.map((pull) => `${pull.head.ref}→${pull.base.ref}`),
    worktrees: [...(await repository.worktrees()), ...(await filesIn(path.join(repository.root, '.git/worktrees')))],
    locks: await locksIn([path.join(repository.root, '.git'), world.stateDir]),
    dirty: status.split('\n').filter(Boolean),
    refs: wip.split('\n').filter(Boolean),
  };
}

async function pushedLines({ repository, shape }: Scene, issue: number): Promise<string[]> {
  const spec = `${shape.branchOf(issue)}:${fileOf(issue)}`;
  const text = await repository.gitRemote('show', spec).catch(() => '');
  return text.split('\n').filter(Boolean);
}

/** What runs beside the keeper, its server, its worker and that one's launcher when the run has ended; and what runs on after `locus down`. */
async function leftProcesses(scene: Scene): Promise<string[]> {
  const { folder } = scene.world;
  const { keeper, server, worker } = await scene.keeper();
  const known = new Set([keeper.pid, server?.pid, worker?.pid]);
  const shown = (when: string) =>
    processesOf(folder).map((found) => `${when}: ${found.pid} ${found.command.slice(0, 200)}`);
  const isKnown = ({ pid, command }: Found) => known.has(pid) || command.includes('/launch/launcher-main.');
  const others = () => processesOf(folder).filter((found) => !isKnown(found));
  // What has just ended takes a moment to be gone.
  await until('', () => others().length === 0, 2).catch(() => {});
  const left = others().map(({ pid, command }) => `after the run: ${pid} ${command}`);
  await scene.locus('down');
  return [...left, ...shown('after `locus down`')];
}

async function locksIn(folders: readonly string[]): Promise<string[]> {
  const all = await Promise.all(folders.map(async (folder) => (existsSync(folder) ? await filesIn(folder, true) : [])));
  return all.flat().filter((file) => /\.lock$|\.takeover$|\/lock$/.test(file));
}

async function filesIn(folder: string, recursive = false): Promise<string[]> {
  const names = await readdir(folder, { recursive }).catch(() => []);
  return names.map((name) => path.join(path.basename(folder), name));
}
