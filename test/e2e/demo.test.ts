import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Evidence, problemsOf } from '../../src/demo/evidence.ts';
import { until } from './support/wait.ts';
import { type Ended, openWorld, type World } from './support/world.ts';

let world: World;
/** Where the demo puts its folder. */
let temporary: string;

beforeAll(async () => {
  world = await openWorld();
  temporary = path.join(world.folder, 'tmp');
  await mkdir(temporary);
});

afterAll(() => world.end());

async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], {
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout.split('\n').filter((line) => line.includes(text));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pidIn(text: string, pattern: RegExp): number {
  const pid = Number(pattern.exec(text)?.[1]);
  if (!pid) throw new Error(`${pattern} names no process in:\n${text}`);
  return pid;
}

describe('the demo', () => {
  let shown: Ended;

  beforeAll(async () => {
    // A server that the user has configured, in both ways, and that nobody answers at.
    const profile = path.join(world.folder, 'home', '.config', 'temporalio');
    await mkdir(profile, { recursive: true });
    await writeFile(path.join(profile, 'temporal.toml'), '[profile.default]\naddress = "127.0.0.1:1"\n');
    const env = { TMPDIR: temporary, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    shown = await world.locus(['demo'], { cwd: world.folder, env });
  }, 90_000);

  test('ends well without a terminal, a name for git or a sign of the configured Temporal server', () => {
    expect(shown).toMatchObject({ code: 0, stderr: '' });
  });

  test('shows a task that goes on with the same agent after its worker was killed', () => {
    const { stdout } = shown;
    const worker = pidIn(stdout, /kill -9 (\d+): the worker is dead in the middle of #2/);
    const agent = pidIn(stdout, /the agent, process (\d+), works on without it/);
    const next = pidIn(stdout, /started a new worker, process (\d+)/);
    expect(next).not.toBe(worker);
    // On a slow machine the agent can be done before the new worker has come to it.
    const ends = [`${next} followed the same agent, ${agent}`, `${next} took the finished work over`];
    expect(ends.some((end) => stdout.includes(`${worker} was killed, ${end}`))).toBe(true);
    expect(stdout.match(/read the prompt:/g)).toHaveLength(3);
    expect(stdout).toContain('agent starts: 3 for 3 tasks');
    expect(stdout).toContain('3 of 3 tasks done');
  });

  test('shows the commits, the pull request, the page of the run and how to go on', () => {
    const lines = shown.stdout.split('\n').map((line) => line.trim().replace(/^[0-9a-f]{7,} /, ''));
    expect(lines).toEqual(
      expect.arrayContaining([
        'docs: Say in the README how to use it (#3)',
        'fix: Keep letters that have accents (#2)',
        'feat: Turn a title into a slug (#1)',
        'Sprint: First release',
        '- Closes #2: Keep letters that have accents',
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/locus%2F\S+$/),
        expect.stringMatching(/^locus run 42 /),
      ]),
    );
  });

  test('leaves nothing on disk, nothing running, and no state of the user', async () => {
    const { stdout } = shown;
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(world.folder)).not.toContain('state');
    expect(await processesNaming(temporary)).toEqual([]);
    const pids = [/started a new worker, process (\d+)/, /the agent, process (\d+)/].map((each) => pidIn(stdout, each));
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test('removes everything when it is interrupted in the middle', async () => {
    const running = world.start(['demo'], { cwd: world.folder, env: { TMPDIR: temporary } });
    await until('the first agent works', () => running.stdout().includes('read the prompt'), 40);
    expect(await processesNaming(temporary)).not.toEqual([]);
    running.process.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: '' });
    expect(await processesNaming(temporary)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  }, 90_000);
});

const kill = { worker: 1, nextWorker: 2, agent: 3, agentLived: true, followed: true };
const pull = { number: 4, url: '', title: '', body: '', state: 'open' as const, head: 'a', base: 'main', draft: false };
const good: Evidence = {
  ...{ exitCode: 0, tasksDone: 3, commits: ['a', 'b', 'c'], changes: '', pull, pulls: 1, agentStarts: 3 },
  kill,
};

test.each<[string, Partial<Evidence>, RegExp | null]>([
  ['all of it', {}, null],
  ['a task that failed', { tasksDone: 2 }, /2 of 3 tasks/],
  ['a commit that is not on the remote', { commits: ['a'] }, /1 commits instead of 3/],
  ['a second pull request', { pulls: 2 }, /2 pull requests/],
  ['an agent that was started again', { agentStarts: 4 }, /4 times instead of 3/],
  ['a worker that lived on', { kill: 'the agent had ended' }, /was not killed.*the agent had ended/],
  ['an agent that died with its worker', { kill: { ...kill, agentLived: false } }, /did not outlive/],
  ['a run with another exit code', { exitCode: 3 }, /exit code 3/],
])('the demo judges %s', (_what, change, expected) => {
  const problems = problemsOf({ ...good, ...change });
  if (expected === null) expect(problems).toEqual([]);
  else expect(problems).toEqual([expect.stringMatching(expected)]);
});
