import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { auditPull } from '../../src/activities/post-pr/audit.ts';
import type { TestsRequest, TestsRound } from '../../src/activities/post-pr/contract.ts';
import { keepRecords } from '../../src/activities/post-pr/records.ts';
import { runTests } from '../../src/activities/post-pr/tests.ts';
import { findProcess } from '../../src/agents/host/processes.ts';
import type { CheckpointRecord } from '../../src/domain/gated/guardrail-log.ts';
import { commit, type Fixture, failureOf, makeFixture, open, removeFolders, sh, write } from '../git/support.ts';
import { settingsOf } from '../workflows/settings.ts';
import { depsOf, runOf } from './support.ts';

const branch = 'feature/x';
let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterAll(removeFolders);

/** A workspace of a branch with these files. */
async function branchWith(files: Record<string, string>) {
  sh(fixture.root, ['switch', '-q', '-c', branch]);
  const tip = commit(fixture.root, files);
  sh(fixture.root, ['switch', '-q', 'main']);
  const { workspace } = await open(fixture, { name: 'feature+x', branch });
  return { workspace, commit: tip };
}

describe('the audit of a branch', () => {
  const places = async (files: Record<string, string>) => {
    const { result } = await auditPull(runOf(fixture), await branchWith(files));
    return result.findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`);
  };

  test('C83 finds a nit on an added line, also in a path with a space, and no earlier one in the same file', async () => {
    commit(fixture.root, {
      'old one.js': '// TODO: long ago\nlet a;\n',
      'dir/moved.js': '// TODO: moved\n1;\n2;\n3;\n',
    });
    sh(fixture.root, ['push', '-q', 'origin', 'main']);
    sh(fixture.root, ['switch', '-q', '-c', branch]);
    sh(fixture.root, ['mv', 'dir/moved.js', 'moved too.js']);
    commit(fixture.root, {}, 'moved');
    const tip = commit(fixture.root, {
      'old one.js': '// TODO: long ago\nlet a;\n// FIXME: now\n',
      'é "x".js': '// TODO: q\n',
    });
    sh(fixture.root, ['switch', '-q', 'main']);
    const { workspace } = await open(fixture, { name: 'feature+x', branch });
    const { result, unread } = await auditPull(runOf(fixture), { workspace, commit: tip });
    expect(result.findings.map(({ file, line }) => `${file}:${line}`).sort()).toEqual(['old one.js:3', 'é "x".js:1']);
    expect([result.nits, unread]).toEqual(['checked', 0]);
  });

  test('looks at whole files for what needs a person, and says what it did not read', async () => {
    expect(await places({ 'a.txt': 'one\nsecret = "abc"\n' })).toEqual(['hardcoded-secret a.txt:2']);
  });

  test('a file that is too large is named as unread', async () => {
    const large = `${'x'.repeat(1_100_000)}\ntoken = "abc"\n`;
    const { result, unread } = await auditPull(runOf(fixture), await branchWith({ 'large.txt': large }));
    expect([result.verdict, unread]).toEqual(['APPROVED', 1]);
  });

  test('nobody’s settings change what a diff looks like', async () => {
    sh(fixture.root, ['config', 'diff.noprefix', 'true']);
    sh(fixture.root, ['config', 'diff.mnemonicPrefix', 'true']);
    expect(await places({ 'b/b.js': 'console.log(1)\n' })).toEqual(['console-log b/b.js:1']);
  });
});

describe('build and tests of a branch', () => {
  const makefile = (test: string, build = '@true') => ({ Makefile: `build:\n\t${build}\ntest:\n\t${test}\n` });

  async function round(files: Record<string, string>, change: Partial<TestsRequest> = {}, token: string | null = null) {
    const place = await branchWith(files);
    const env = { PATH: process.env.PATH ?? '', HOME: fixture.stateDir, ANTHROPIC_API_KEY: 'k', GITHUB_TOKEN: 't' };
    const deps = depsOf(fixture, { secrets: async () => ({ token, env }) });
    const request = { ...place, id: 'run-1', branch, attemptId: 'e2e-1', build: null, test: null, log: 'e2e-1.log' };
    const task = { issue: 1, title: '', order: null, commitType: 'fix', branch, committed: null };
    const timeoutS = { build: 60, test: 60 };
    const settings = { ...settingsOf({}, true), provider: 'claude' as const };
    const run = runOf(fixture, { settings });
    const activity = new MockActivityEnvironment();
    const ended: Promise<TestsRound> = activity.run(() =>
      runTests(deps, run, { ...request, task, timeoutS, ...change }),
    );
    return { activity, place, ended };
  }
  const log = () => readFileSync(join(fixture.stateDir, 'runs/run-1/e2e-1.log'), 'utf8');

  test('runs them in order, without what agents are given; what they leave goes', async () => {
    const { place, ended } = await round(makefile('@env; echo left > left.txt; git rev-parse --abbrev-ref HEAD'));
    expect(await ended).toEqual({
      result: { outcome: 'PASSED' },
      runs: ['make build', 'make test'].map((command) => ({ command, exit_code: 0 })),
    });
    expect(log()).toContain('PATH=');
    expect(log()).not.toMatch(/ANTHROPIC|GITHUB_TOKEN/);
    expect(existsSync(join(place.workspace.path, 'left.txt'))).toBe(false);
  });

  test('what a person has left in the work tree is kept on a ref before it is tested', async () => {
    const { workspace, commit: tip } = await branchWith(makefile('@test ! -e mine.txt'));
    write(workspace.path, { 'mine.txt': 'mine\n' });
    const deps = depsOf(fixture, { secrets: async () => ({ token: null, env: { PATH: process.env.PATH ?? '' } }) });
    const task = { issue: 1, title: '', order: null, commitType: 'fix', branch, committed: null };
    const request = { id: 'run-1', task, workspace, branch, commit: tip, attemptId: 'e2e-1', build: null, test: null };
    const ended: Promise<TestsRound> = new MockActivityEnvironment().run(() =>
      runTests(deps, runOf(fixture), { ...request, log: 'e2e-1.log', timeoutS: { build: 60, test: 60 } }),
    );
    expect((await ended).result).toEqual({ outcome: 'PASSED' });
    const [ref = ''] = sh(fixture.root, ['for-each-ref', '--format=%(refname)', 'refs/locus']).split('\n');
    expect(sh(fixture.root, ['show', `${ref}:mine.txt`])).toBe('mine');
  });

  test('a failed build runs no test, and a failed test is told by its name', async () => {
    const broken = await (await round(makefile('@echo tested', '@false'))).ended;
    expect(broken).toMatchObject({ result: { outcome: 'BUILD_FAILED' }, runs: [{ command: 'make build' }] });
    fixture = await makeFixture();
    const failed = await (await round(makefile('@echo "not ok 1 - adds"; false'))).ended;
    expect(failed.result).toEqual({ outcome: 'FAILED', failures: [{ test: 'adds', file: '', type: '' }] });
  });

  test('however much they print, they are followed to their end, and the end is kept', async () => {
    const { ended } = await round(
      makefile(`@${process.execPath} -e "console.log('x'.repeat(3e6)); console.log('last')"`),
    );
    expect((await ended).result).toEqual({ outcome: 'PASSED' });
    expect(log().length).toBeLessThan(1_100_000);
    expect(log()).toMatch(/xlast$|\nlast\n$/);
  });

  test('what does not end in its time is ended, with all that it has started', async () => {
    const stubborn = `trap "" TERM; echo $$$$ >> "${fixture.stateDir}/pids"; while :; do sleep 0.1; done`;
    write(fixture.stateDir, { pids: '' });
    const { ended } = await round(makefile(`@setsid sh -c '${stubborn}' & ${stubborn}`), {
      timeoutS: { build: 60, test: 1 },
    });
    expect((await ended).result).toEqual({ outcome: 'TIMEOUT', reason: '`make test` did not end within 1 s' });
    const pids = readFileSync(join(fixture.stateDir, 'pids'), 'utf8').split('\n').filter(Boolean).map(Number);
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(await findProcess(pid)).toBeNull();
  }, 20_000);

  test('given up, it leaves nothing running', async () => {
    write(fixture.stateDir, { pids: '' });
    const { activity, ended } = await round(makefile(`@echo $$$$ >> "${fixture.stateDir}/pids"; sleep 60`));
    const failure = failureOf(ended);
    const pid = () => Number(readFileSync(join(fixture.stateDir, 'pids'), 'utf8'));
    while (pid() === 0) await delay(20);
    activity.cancel('CANCELLED');
    expect((await failure).type).toBe('CancelledFailure');
    expect(await findProcess(pid())).toBeNull();
  }, 20_000);

  test.each([
    ['rm -rf /', 'may not be run'],
    ['npm test; rm -rf /', 'may not be run'],
  ])('C85 %s is refused, and nothing runs', async (command, words) => {
    const { result, runs } = await (await round(makefile('@false', '@false'), { test: command })).ended;
    expect([result, runs]).toEqual([{ outcome: 'ERROR', reason: expect.stringContaining(words) }, []]);
  });

  test('C85 nothing to test is said so; another branch is an error', async () => {
    expect(await (await round({ 'c.txt': 'c\n' })).ended).toEqual({ result: { outcome: 'NONE' }, runs: [] });
    fixture = await makeFixture();
    const { result } = await (await round(makefile('@true'), { branch: 'feature/y' })).ended;
    expect(result).toEqual({ outcome: 'ERROR', reason: 'the workspace is on feature/x, not on feature/y' });
  });
});

test('a record that is written twice stands there once', async () => {
  const record: CheckpointRecord = {
    type: 'context_clear',
    timestamp: '2026-01-01T00:00:00.000Z',
    role: 'post-pr',
    run: 'run-1',
    action: 'PROCEED',
    text: 'anew',
  };
  const artifact = { name: 'pr-review-2.json', text: '{}\n' };
  for (const _ of [1, 2]) await keepRecords(fixture.stateDir, { id: 'run-1', records: [record], artifact });
  await keepRecords(fixture.stateDir, { id: 'run-1', records: [{ ...record, text: 'again' }], artifact: null });
  const folder = join(fixture.stateDir, 'runs/run-1');
  expect(readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
  expect(readFileSync(join(folder, 'pr-review-2.json'), 'utf8')).toBe('{}\n');
});
