import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../domain/events.ts';
import type { PullRequest } from '../domain/issue.ts';
import type { Kill } from './kill.ts';
import type { Place } from './place.ts';
import { git, issues, trackerOf } from './repository.ts';

type Finished = Extract<RunEvent, { readonly event: 'run.finished' }>;

/** What is really there when the run has ended, looked up where a person would look. */
export interface Evidence {
  readonly exitCode: number;
  readonly tasksDone: number;
  /** One line each, newest first, from the remote. */
  readonly commits: readonly string[];
  readonly changes: string;
  readonly pull: PullRequest | null;
  readonly pulls: number;
  readonly agentStarts: number;
  /** A text: why it was not done as it should. */
  readonly kill: Kill | string;
}

export async function collectEvidence(
  place: Place,
  told: {
    readonly exitCode: number;
    readonly finished: Finished;
    readonly agentStarts: number;
    readonly kill: Kill | string;
  },
): Promise<Evidence> {
  const { exitCode, finished, agentStarts, kill } = told;
  const branch = finished.branch ?? '';
  const remote = ['--git-dir', place.remote];
  const log = await git(place.folder, [
    ...remote,
    'log',
    '--oneline',
    '--no-decorate',
    '--no-color',
    `main..${branch}`,
  ]);
  const changes = await git(place.folder, [...remote, 'diff', '--shortstat', `main...${branch}`]);
  const files = await readdir(path.join(place.repository, '.git', 'locus', 'pulls')).catch(() => []);
  return {
    exitCode,
    tasksDone: finished.tasks.filter((task) => task.status === 'done').length,
    commits: log.split('\n').filter((line) => line !== ''),
    changes: changes.trim(),
    pull: await trackerOf(place).findPull(branch, 'open'),
    pulls: files.filter((file) => file.endsWith('.md')).length,
    agentStarts,
    kill,
  };
}

/** What did not go as the demo promises; nothing, when all of it did. */
export function problemsOf(evidence: Evidence): string[] {
  const { exitCode, tasksDone, commits, pull, pulls, agentStarts, kill } = evidence;
  const wanted = issues.length;
  const claims: readonly (readonly [boolean, string])[] = [
    [exitCode === 0, `\`locus run\` ended with exit code ${exitCode}`],
    [tasksDone === wanted, `${tasksDone} of ${wanted} tasks are done`],
    [commits.length === wanted, `${commits.length} commits instead of ${wanted} are on the remote`],
    [pulls === 1 && pull !== null, `there are ${pulls} pull requests instead of one`],
    [agentStarts === wanted, `agents were started ${agentStarts} times instead of ${wanted}`],
    [typeof kill !== 'string', `the worker was not killed and replaced: ${kill}`],
    [typeof kill === 'string' || kill.agentLived, 'the agent did not outlive its worker'],
  ];
  return claims.filter(([holds]) => !holds).map(([, problem]) => problem);
}
