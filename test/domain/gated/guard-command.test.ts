import { describe, expect, test } from '@jest/globals';
import { type GuardContext, guardUsage } from '../../../src/domain/gated/guard-answer.ts';
import { guardCommand } from '../../../src/domain/gated/guard-command.ts';

const context: GuardContext = {
  currentBranch: 'feature/sprint-5',
  defaultBranch: 'trunk',
  remotes: ['origin', 'fork'],
  autoPush: undefined,
  now: '2026-11-21T22:00:00.000Z',
};
const ask = (line: string, change: Partial<GuardContext> = {}) =>
  guardCommand(line.split(' ').filter(Boolean), { ...context, ...change });

describe('is-protected', () => {
  test.each([
    ...['main', 'master', 'staging', 'develop', 'development', 'production', 'prod', 'trunk'],
    ...['release/v1.0.0', 'release-2.0', 'hotfix/security-patch', 'hotfix-urgent', 'release/', 'hotfix-'],
    ...['refs/heads/main', 'heads/main', 'release/a/b'],
  ])('C34 %s is', (branch) => {
    expect(ask(`is-protected ${branch}`)).toEqual({ exitCode: 0, stdout: 'true\n', stderr: '', record: null });
  });

  test.each([
    ...['feature/new-feature', 'bugfix/fix-123', 'chore/update-deps', 'my-random-branch'],
    ...['Main', 'main2', 'release', 'hotfix', 'feature/main', 'my-release-1'],
  ])('C35 %s is not', (branch) => {
    expect(ask(`is-protected ${branch}`)).toEqual({ exitCode: 1, stdout: 'false\n', stderr: '', record: null });
  });

  test.each(['next', 'refs/heads/next', 'heads/next'])('also is what a run must not touch beside: %s', (branch) => {
    expect(ask(`is-protected ${branch}`, { alsoProtected: ['next'] }).exitCode).toBe(0);
  });

  test('may be any until somebody has told the default branch', () => {
    const unknown = { isDefaultUnknown: true };
    expect(ask('is-protected feature/x', unknown)).toMatchObject({ exitCode: 0, stdout: 'true\n' });
    for (const line of ['push origin feature/x', 'checkout feature/x', 'validate', 'pr-create', 'ensure-branch 42']) {
      const answer = ask(line, unknown);
      expect(answer).toMatchObject({ exitCode: 1, stdout: '', record: { event: 'guard_block' } });
      expect(answer.stderr).toContain('the default branch is not known');
    }
    expect(ask('push origin main', unknown).stderr).toContain('the branch is protected');
  });
});

describe('what is always blocked', () => {
  const operations = ['merge', 'pr-merge', 'branch-delete', 'force-push', 'pr-ready'];
  test.each(
    operations.flatMap((each) => ['', ' feature/x', ' --help', ' origin feature/x'].map((args) => each + args)),
  )('C37 %s', (line) => {
    const [operation = '', ...args] = line.split(' ');
    const answer = ask(line);
    expect(answer).toMatchObject({ exitCode: 1, stdout: '' });
    expect(answer.stderr).toContain('A person must do this');
    const target = args.join(' ');
    expect(answer.record).toEqual({ timestamp: context.now, event: 'guard_block', operation, target });
  });
});

describe('a protected branch', () => {
  test.each([
    ...['checkout main', 'checkout master', 'checkout release/v1.0', 'checkout trunk', 'checkout refs/heads/main'],
    ...['checkout HEAD', 'checkout @', 'checkout -', 'checkout HEAD~1', 'checkout --detach feature/x'],
    ...['checkout -b main', 'checkout -b release/x', 'checkout -b main origin/feature', 'checkout origin/feature/x'],
    ...['push main', 'push master', 'push production', 'push release/v2.0', 'push origin main', 'push origin trunk'],
    ...['push origin feature/x:main', 'push origin feature/x:refs/heads/main', 'push origin x:heads/main'],
    ...['push origin +feature/x', 'push origin :feature/x', 'push origin feature/x main', 'push origin +HEAD'],
    ...['push origin tag v1', 'push origin feature/x tag v1', 'push origin refs/tags/v1'],
    ...['push --no-verify origin main', 'push -o ci.skip origin main', 'push --no-verify origin feature/x:trunk'],
    ...['checkout -f main', 'checkout --force main', 'checkout --orphan main', 'checkout -t origin/main'],
    ...['checkout main file', 'pr-create --fill --head main', 'pr-create --head fork:main --fill'],
    ...[`checkout ${'a1'.repeat(20)}`, 'checkout refs/remotes/origin/main', 'checkout remotes/origin/feature/x'],
    ...['checkout refs/heads/feature/x', 'checkout heads/feature/x', 'checkout tags/v1', 'checkout refs/stash'],
    ...['push origin refs/heads/*:refs/heads/*', 'push origin v1:refs/tags/v1', 'push origin a:refs/heads/heads/main'],
    ...['push -f origin feature/x', 'push -fu origin feature/x', 'push --force origin feature/x'],
    ...['push --force-with-lease=feature/x origin feature/x', 'push -d origin feature/x', 'push --mirror origin'],
    ...['push --delete origin feature/x', 'push origin feature/x --force', 'push --all', 'push -- origin main'],
    ...['push-upstream origin main', 'push-upstream hotfix-1', 'pr-create --head main', 'pr-create --head=prod'],
    ...['pr-create -H fork:release/1', 'ensure-branch main', 'ensure-branch release/1', 'ensure-branch HEAD'],
  ])('C38 blocks %s', (line) => {
    const answer = ask(line);
    expect(answer).toMatchObject({ exitCode: 1, stdout: '', record: { event: 'guard_block' } });
    expect(answer.record?.operation).toBe(line.split(' ')[0]);
  });

  test('C38 is named in the record as the destination', () => {
    expect(ask('push origin feature/x:refs/heads/main').record?.target).toBe('refs/heads/main');
    expect(ask('push main').stderr).toBe(
      'locus guard: blocked: push main: the branch is protected. A person must do this by hand.\n',
    );
  });

  test.each([
    ...['checkout feature/x', 'checkout -q my-branch', 'checkout -b feature/x main', 'checkout feature/origin/x'],
    ...['push feature/x', 'push origin feature/x', 'push origin main:feature/x', 'push -u origin feature/x'],
    ...['push git@example.org:a/b.git feature/x', 'push-upstream origin abc123:refs/heads/bugfix/1'],
    ...['push origin HEAD:feature/x', 'push -qu fork feature/x feature/y', 'push origin HEAD', 'push HEAD'],
    ...[`checkout -b feature/x ${'a1'.repeat(20)}`, 'push src:feature/x', 'push v1.0:feature/x'],
  ])('does not stand in the way of %s', (line) => {
    expect(ask(line)).toEqual({ exitCode: 0, stdout: '', stderr: '', record: null });
  });
});

test('a push of HEAD goes to the current branch, where there is one', () => {
  for (const line of ['push origin HEAD', 'push origin @', 'push --no-verify origin HEAD']) {
    expect(ask(line, { currentBranch: 'trunk' })).toMatchObject({ exitCode: 1, record: { target: 'trunk' } });
  }
  expect(ask('push origin +HEAD', { currentBranch: 'a$&b' }).record?.target).toBe('a$&b');
  expect(ask('push origin HEAD', { currentBranch: null }).stderr).toContain('a detached HEAD is not a safe branch');
});

describe('C40 what is not asked rightly', () => {
  test.each([
    ...['', 'rebase', 'constructor', 'is-protected', 'is-protected a b', 'checkout', 'checkout a b', 'push'],
    ...['push origin', 'push fork', 'push -u', 'push-upstream', 'push --forc origin feature/x', 'push -x origin a'],
    ...['ensure-branch', 'ensure-branch a b', 'validate main', 'push-mode --now', 'pr-create --web', 'checkout -x a'],
    ...['pr-create --head', 'pr-create --head=', 'pr-create --fill --base main', 'push --no-verify origin main:x'],
    ...['push git@example.org:a/b.git', 'push https://example.org/a/b', 'push example.org:a/b', 'push ../b.git'],
  ])('%j exits with 2', (line) => {
    const answer = ask(line);
    expect(answer).toMatchObject({ exitCode: 2, stdout: '', record: null });
    expect(answer.stderr).toContain('usage: locus guard');
  });

  test.each(['help', '--help', '-h', 'push --help'])('%s exits with 0', (line) => {
    expect(ask(line)).toEqual({ exitCode: 0, stdout: guardUsage, stderr: '', record: null });
  });
});

describe('what it prints', () => {
  test.each([
    ['sprint-5', 'feature/sprint-5'],
    ['issue-42', 'feature/issue-42'],
    ['bugfix/20261121-abc123', 'bugfix/20261121-abc123'],
    ['42', 'feature/issue-42'],
    ['#42', 'feature/issue-42'],
    ['20261121-abc123', 'bugfix/20261121-abc123'],
    ['20261121-i7-abc123', 'bugfix/20261121-i7-abc123'],
    ['sprint-plan', 'feature/sprint-plan-20261121'],
    ['my-thing', 'feature/my-thing'],
  ])('C41 the branch of %s', (target, branch) => {
    expect(ask(`ensure-branch ${target}`)).toMatchObject({ exitCode: 0, stdout: `${branch}\n` });
  });

  test.each(['pr-create', 'pr-create --ready', 'pr-create --no-draft', 'pr-create --draft=false --title t'])(
    'C43 a draft for %s',
    (line) => {
      const answer = ask(line);
      expect(answer.exitCode).toBe(0);
      expect(JSON.parse(answer.stdout)).toEqual({ draft: true, base: 'trunk', head: 'feature/sprint-5' });
    },
  );

  test('C44 nothing where HEAD is detached', () => {
    expect(ask('validate')).toMatchObject({ exitCode: 0, stdout: 'feature/sprint-5\n' });
    const detached = ask('validate', { currentBranch: null });
    expect(detached).toMatchObject({ exitCode: 1, record: { operation: 'validate', target: 'HEAD' } });
    expect(detached.stderr).toContain('a detached HEAD is not a safe branch');
    expect(ask('validate', { currentBranch: 'main' }).exitCode).toBe(1);
    expect(ask('pr-create', { currentBranch: null }).exitCode).toBe(1);
  });

  test.each([
    ['push-mode', undefined, 'AUTO\n', ''],
    ['should-push', 'prompt', 'PROMPT\n', ''],
    ['push-mode --confirm-push', false, 'PROMPT\n', ''],
    [
      'push-mode --local --confirm-push',
      true,
      'LOCAL\n',
      '--local and --confirm-push were both given: --local holds\n',
    ],
  ])('%s with auto_push %j', (line, autoPush, stdout, stderr) => {
    expect(ask(line, { autoPush })).toEqual({ exitCode: 0, stdout, stderr, record: null });
  });

  test('an error of the config as such, and for nothing else', () => {
    expect(ask('push-mode', { autoPush: 'maybe' })).toMatchObject({ exitCode: 2 });
    const broken = { configProblem: 'it is no JSON' };
    expect(ask('push-mode', broken)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('it is no JSON') });
    expect(ask('push origin main', broken).exitCode).toBe(1);
  });

  test('one line, whatever the target holds', () => {
    const { record, stderr } = guardCommand(['push', 'a\n\u001b[31mmain'], context);
    expect(record?.target).not.toMatch(/\p{Cc}/u);
    expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});
