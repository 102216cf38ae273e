import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { fetchBranches } from '../../src/git/branches.ts';
import { pushCommit } from '../../src/git/push.ts';
import { commit, type Fixture, makeFixture, removeFolders, sh, temporaryFolder } from './support.ts';

afterAll(removeFolders);

const branch = 'locus/issue-1';
let fixture: Fixture;
let log: string;
beforeEach(async () => {
  fixture = await makeFixture();
  log = join(temporaryFolder(), 'asked');
});

/** What the remote's side of a question does beside answering. */
function answering(script: string): void {
  const program = `${log}.sh`;
  writeFileSync(log, '');
  writeFileSync(program, `#!/bin/sh\necho >>'${log}'\n${script}\n`);
  chmodSync(program, 0o755);
  sh(fixture.root, ['config', 'remote.origin.uploadpack', `'${program}'`]);
}

const questions = () => readFileSync(log, 'utf8').length;
const heads = (maxAgeMs?: number) =>
  fetchBranches(fixture.repository, 'origin', ['main', branch], maxAgeMs === undefined ? {} : { maxAgeMs });
const push = (at: string) =>
  pushCommit({ ...fixture, remote: 'origin', branch, commit: at, defaultBranch: 'main', protectedBranches: [] });
const hour = 3_600_000;

test('what was asked a moment ago is known, with what we have pushed since, where the answer may be as old', async () => {
  answering('exec git-upload-pack "$@"');
  expect(await heads(hour)).toEqual({ main: fixture.first });
  expect(await heads(hour)).toEqual({ main: fixture.first });
  expect(questions()).toBe(1);
  await push(fixture.first);
  expect(await heads(hour)).toEqual({ main: fixture.first, [branch]: fixture.first });
  expect(questions()).toBe(1);
});

test('what others have pushed is known where the answer may not be as old', async () => {
  answering('exec git-upload-pack "$@"');
  await heads();
  const theirs = commit(fixture.root, { 'c.txt': 'c\n' });
  sh(fixture.root, ['push', '-q', 'origin', `${theirs}:refs/heads/main`]);
  expect(await heads()).toEqual({ main: theirs });
  expect(sh(fixture.root, ['rev-parse', 'origin/main'])).toBe(theirs);
  await delay(20);
  const asked = questions();
  expect(await heads(10)).toEqual({ main: theirs });
  expect(questions()).toBe(asked + 1);
});

test('an answer that was on its way while a push arrived does not count for that branch', async () => {
  const [said, pushed] = [`${log}.said`, `${log}.pushed`];
  answering(`git-upload-pack "$@"; : >'${said}'; while [ ! -e '${pushed}' ]; do sleep 0.05; done`);
  const older = heads();
  while (!existsSync(said)) await delay(5);
  await push(fixture.first);
  writeFileSync(pushed, '');
  expect(await older).toEqual({ main: fixture.first, [branch]: fixture.first });
  expect(await heads(hour)).toEqual({ main: fixture.first, [branch]: fixture.first });
  expect(questions()).toBe(1);
});
