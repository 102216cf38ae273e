import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { command } from '../../../src/agents/command/command.ts';
import { endAgent, endAllAgents } from '../../../src/agents/host/end.ts';
import { readStarted } from '../../../src/agents/host/files.ts';
import { followAttempt } from '../../../src/agents/host/follow.ts';
import { listLiveAttempts } from '../../../src/agents/host/live.ts';
import type { AgentReport } from '../../../src/domain/agent.ts';
import { attemptsFolder, isRunning, until } from '../../support/agents/attempt.ts';

let folder: Awaited<ReturnType<typeof attemptsFolder>>;
beforeEach(async () => {
  folder = await attemptsFolder();
});
afterEach(() => folder.dispose());

const follow = (dir: string, options: Partial<Parameters<typeof followAttempt>[1]> = {}) =>
  followAttempt(dir, { agent: command, ...options });
const inWorkspace = (name: string) => path.join(folder.workspace, name);
const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const hostPid = async (dir: string) => (await readStarted(dir))?.pid ?? 0;
const agentPid = (dir: string) => Number(read(path.join(dir, 'agent')));

describe('an agent under its host', () => {
  test('works in its folder, and its output and exit code are read', async () => {
    const { dir } = await folder.start(['say one', 'write a.txt hello', 'stderr careful', 'say two', 'exit 3']);
    const end = await follow(dir);
    expect(end).toMatchObject({ outcome: 'exited', code: 3, answer: 'one\ntwo', stderrTail: 'careful\n' });
    expect(read(inWorkspace('a.txt'))).toBe('hello\n');
    expect(end.durationMs).toBeGreaterThan(0);
  });

  test('is started once, though three ask for it at the same time and one more later', async () => {
    const dir = path.join(folder.attempts, 'same');
    const directives = ['say hello', 'sleep 300'];
    await Promise.all([1, 2, 3].map(() => folder.start(directives, { dir })));
    expect((await follow(dir)).answer).toBe('hello');
    expect(await folder.start(directives, { dir })).toMatchObject({ alreadyStarted: true });
    expect((await follow(dir)).answer).toBe('hello');
  });

  test('goes on without its follower, and the next one counts nothing twice', async () => {
    const { dir } = await folder.start(['say one', 'sleep 400', 'say two']);
    const first = new AbortController();
    const seen: AgentReport[] = [];
    const abandoned = follow(dir, {
      signal: first.signal,
      onProgress: (report) => {
        seen.push(report);
        first.abort(new Error('the worker stops'));
      },
    });
    await expect(abandoned).rejects.toThrow('the worker stops');
    expect(seen.map((report) => report.eventCount)).toEqual([1]);
    const end = await follow(dir);
    expect(end.report.eventCount).toBe(2);
    expect(end.answer).toBe('one\ntwo');
  });

  test('counts as killed when something kills it', async () => {
    const { dir } = await folder.start(['hang']);
    await until('the agent runs', () => agentPid(dir) > 0);
    process.kill(agentPid(dir), 'SIGKILL');
    expect(await follow(dir)).toMatchObject({ outcome: 'killed', code: 137 });
  });

  test('counts as killed when its host was killed, and what is left of it can still be ended', async () => {
    const { dir } = await folder.start(['say hi', 'hang']);
    await until('the agent speaks', () => read(path.join(dir, 'events.ndjson')) !== '');
    process.kill(await hostPid(dir), 'SIGKILL');
    expect(await follow(dir)).toMatchObject({ outcome: 'killed', code: null, answer: 'hi' });
    const pid = agentPid(dir);
    expect(isRunning(pid)).toBe(true);
    await endAgent(dir);
    expect(isRunning(pid)).toBe(false);
  });

  test('is not taken for alive because another process was given its pid', async () => {
    const { dir } = await folder.start(['say hi', 'hang']);
    const started = await readStarted(dir);
    await endAgent(dir);
    await rm(path.join(dir, 'exit.json'));
    await writeFile(path.join(dir, 'started'), JSON.stringify({ ...started, pid: process.pid }));
    expect(await follow(dir)).toMatchObject({ outcome: 'killed' });
    await endAgent(dir);
  });

  test('is ended at its deadline, also when it ignores TERM', async () => {
    const { dir } = await folder.start(['ignore-term', 'say hi', 'hang'], { deadline: Date.now() + 1000 });
    expect(await follow(dir)).toMatchObject({ outcome: 'deadline', code: 137 });
  });

  test('is ended when nobody touched its lease for the given ticks', async () => {
    const { dir } = await folder.start(['hang'], { orphanMinutes: 2 / 60, tickSeconds: 1 });
    await until('the host gives up', () => existsSync(path.join(dir, 'exit.json')));
    expect(await follow(dir)).toMatchObject({ outcome: 'orphaned' });
  });

  test('is not ended while somebody follows it', async () => {
    const { dir } = await folder.start(['sleep 3500', 'say done'], { orphanMinutes: 2 / 60, tickSeconds: 1 });
    expect(await follow(dir, { touchLeaseEverySeconds: 0.3 })).toMatchObject({ outcome: 'exited', answer: 'done' });
  });

  test('is reported as stalled, and left alone, when it says nothing', async () => {
    const { dir } = await folder.start(['say hi', 'hang']);
    expect(await follow(dir, { stallMs: 600 })).toMatchObject({ outcome: 'stalled', answer: 'hi' });
    expect(isRunning(agentPid(dir))).toBe(true);
  });

  test('may catch SIGINT: the host does not leave it ignored', async () => {
    const argv = ['/bin/sh', '-c', 'grep SigIgn /proc/self/status'];
    const { dir } = await folder.start([], { argv });
    const ignored = BigInt(`0x${/[0-9a-f]{16}/.exec((await follow(dir)).answer)?.[0]}`);
    // SIGHUP, SIGINT, SIGTERM: bits 0, 1 and 14.
    expect(ignored & 0b100000000000011n).toBe(0n);
  });
});

describe('ending an agent', () => {
  test('reaches children that ignore TERM and those that left its process group', async () => {
    const { dir } = await folder.start([`escape ${inWorkspace('escapee')}`, `linger ${inWorkspace('child')}`, 'hang']);
    const pidIn = (name: string) => Number(read(inWorkspace(name)).split(' ')[0]);
    await until('both children write', () => pidIn('escapee') > 0 && pidIn('child') > 0);
    await endAgent(dir);
    expect([pidIn('escapee'), pidIn('child'), agentPid(dir)].map(isRunning)).toEqual([false, false, false]);
    expect(await follow(dir)).toMatchObject({ outcome: 'ended' });
  });

  test('cleans up after an agent that has ended by itself', async () => {
    const { dir } = await folder.start([`escape ${inWorkspace('escapee')}`, 'sleep 300']);
    expect(await follow(dir)).toMatchObject({ outcome: 'exited', code: 0 });
    const pidOf = () => Number(read(inWorkspace('escapee')).split(' ')[0]);
    await until('the child writes', () => pidOf() > 0);
    const pid = pidOf();
    expect(isRunning(pid)).toBe(true);
    await endAgent(dir);
    expect(isRunning(pid)).toBe(false);
    expect(await follow(dir)).toMatchObject({ outcome: 'exited' });
  });

  test('gives a polite agent the time to end, and may be asked twice', async () => {
    const argv = ['/bin/sh', '-c', 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.1; done'];
    const { dir } = await folder.start([], { argv });
    await until('the trap is set', () => read(path.join(dir, 'events.ndjson')) !== '');
    await Promise.all([endAgent(dir), endAgent(dir)]);
    await endAgent(dir);
    expect(await follow(dir)).toMatchObject({
      outcome: 'ended',
      code: 0,
      answer: expect.stringMatching(/^ready(\nbye)+$/),
    });
  });

  test('before it has started keeps it from ever starting', async () => {
    const dir = path.join(folder.attempts, 'early');
    await endAgent(dir);
    expect(await folder.start(['write a.txt x'], { dir })).toMatchObject({ alreadyStarted: true });
    expect(await follow(dir)).toMatchObject({ outcome: 'ended' });
    expect(existsSync(inWorkspace('a.txt'))).toBe(false);
  });

  test('can be done for all of them at once', async () => {
    await folder.start(['hang']);
    await folder.start(['hang']);
    const { dir } = await folder.start(['say hi']);
    await follow(dir);
    // Its host writes how it ended, and then ends.
    await until('two are left', async () => (await listLiveAttempts(folder.attempts)).length === 2);
    expect(await endAllAgents(folder.attempts)).toBe(2);
    expect(await listLiveAttempts(folder.attempts)).toEqual([]);
  });
});

describe('what goes in and comes out', () => {
  test('fifty megabytes of output are read in bounded memory', async () => {
    const { dir } = await folder.start(['flood 50', 'say the end']);
    const before = process.memoryUsage().rss;
    const end = await follow(dir);
    expect(end.report.eventCount).toBe(50 * 1024 + 1);
    expect(end.answer.endsWith('x\nthe end')).toBe(true);
    expect(Buffer.byteLength(end.answer)).toBeLessThanOrEqual(64 * 1024);
    const judged = (await follow(dir, { answerBytes: 512 * 1024 })).answer;
    expect(judged.endsWith('x\nthe end')).toBe(true);
    expect(Buffer.byteLength(judged)).toBe(512 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  test('a prompt of ten megabytes arrives whole', async () => {
    const { dir } = await folder.start(['length', 'y'.repeat(10_000_000)]);
    expect((await follow(dir)).answer).toBe('10000007 characters');
  });

  test('characters that are split between two reads stay whole', async () => {
    const line = 'ä€😀'.repeat(200_000 / 9);
    const { dir } = await folder.start(['raw ä', 'sleep 200', `say ${line}`, `say ${line}`]);
    expect((await follow(dir)).report.summary).toMatch(/^[ä€😀]*$/u);
  });

  test('a line without an end is cut at a megabyte, and the last line needs no newline', async () => {
    const { dir } = await folder.start([`raw ${'z'.repeat(3_000_000)}`, 'raw \\nlast words']);
    const end = await follow(dir);
    expect(end.report.eventCount).toBe(2);
    expect(end.answer.endsWith('z\nlast words')).toBe(true);
  });

  test('the agent sees its environment, and no file of the attempt holds it', async () => {
    const secret = `sk-${'s3cret'.repeat(4)}`;
    const { dir } = await folder.start([`environment ${inWorkspace('env.json')}`], {
      env: { ANTHROPIC_API_KEY: secret },
    });
    await follow(dir);
    expect(JSON.parse(read(inWorkspace('env.json')))).toMatchObject({
      ANTHROPIC_API_KEY: secret,
      LOCUS_ATTEMPT: path.basename(dir),
    });
    for (const name of readdirSync(dir)) expect(read(path.join(dir, name))).not.toContain(secret);
  });

  test('words of the argv reach the agent as they are, never a shell', async () => {
    const argv = ['printf', '%s|', '$(touch pwned)', '`id`', 'a b', "'", '"', '*', '', '-n'];
    const { dir } = await folder.start([], { argv });
    expect((await follow(dir)).answer).toBe(`${argv.slice(2).join('|')}|`);
  });

  test('a missing program is said so before anything is started', async () => {
    const start = folder.start([], { argv: ['no-such-agent'] });
    await expect(start).rejects.toMatchObject({ type: 'AgentMissing' });
    await delay(0);
    expect(existsSync(folder.attempts)).toBe(false);
  });

  test('the host is a plain POSIX script', () => {
    const script = new URL('../../../src/agents/host/host.sh', import.meta.url).pathname;
    for (const shell of ['sh', 'dash', 'bash'])
      expect(spawnSync(shell, ['-n', script]).stderr?.toString() ?? '').toBe('');
  });
});
