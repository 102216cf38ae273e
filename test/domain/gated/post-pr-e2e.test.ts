import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { decideE2e, type E2eResult, failureHash, failuresIn } from '../../../src/domain/gated/post-pr-e2e.ts';
import {
  allowedCommand,
  buildCommand,
  type RepositoryFiles,
  testCommand,
} from '../../../src/domain/gated/test-command.ts';

const files = (change: Partial<RepositoryFiles> = {}): RepositoryFiles => ({
  explicit: null,
  paths: [],
  packageJson: null,
  makefile: null,
  ...change,
});
const commandOf = (change: Partial<RepositoryFiles>) => testCommand(files(change))?.command ?? null;
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const none = { rounds: 0, seen: {} };

describe('the command that tests', () => {
  const bats = ['tests/unit/a.bats', 'tests/integration/b.bats', 'tests/c.bats'];

  test('C85 Cargo.toml comes before bats, bats in tests/unit is enough, nothing is none', () => {
    expect(commandOf({ paths: ['Cargo.toml', ...bats] })).toBe('cargo test');
    expect(testCommand(files({ paths: ['tests/unit/a.bats'] }))).toEqual({
      command: 'bats tests/unit',
      source: 'tests/unit/*.bats',
    });
    expect(commandOf({})).toBeNull();
  });

  test('is the first of the list that is there', () => {
    const packageJson = '{"scripts":{"test":"jest","build":"tsc"}}';
    const makefile = 'build:\n\tx\ntest: build\n\ty\n';
    const paths = ['Cargo.toml', 'go.mod', 'pytest.ini', 'pyproject.toml', ...bats];
    const everything = { explicit: 'make check', packageJson, makefile, paths };
    expect(commandOf(everything)).toBe('make check');
    expect(commandOf({ ...everything, explicit: ' ' })).toBe('npm test');
    expect(commandOf({ makefile, paths })).toBe('make test');
    expect(commandOf({ paths: paths.slice(1) })).toBe('go test ./...');
    expect(commandOf({ paths: paths.slice(2) })).toBe('pytest');
    expect(commandOf({ paths: ['pyproject.toml'] })).toBe('pytest');
    expect(commandOf({ paths: bats })).toBe('bats tests/unit');
    expect(commandOf({ paths: bats.slice(1) })).toBe('bats tests/integration');
    expect(commandOf({ paths: bats.slice(2) })).toBe('bats tests');
    expect(buildCommand(files({ packageJson }))?.command).toBe('npm run build');
    expect(buildCommand(files({ makefile }))?.command).toBe('make build');
    expect(buildCommand(files({ paths: ['go.mod'] }))?.command).toBe('go build ./...');
    expect(buildCommand(files({ paths: ['pytest.ini'] }))).toBeNull();
  });

  test.each([
    '',
    'no json',
    'null',
    '[]',
    '{"scripts":[]}',
    '{"scripts":{"test":7}}',
    '{"scripts":{"test":" "}}',
    '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
    '{"scripts":{"pretest":"x"}}',
  ])('a package.json like %j has no test', (packageJson) => expect(commandOf({ packageJson })).toBeNull());

  test.each(['tests:\n', 'test := x\n', '\ttest: x\n', '# test:\n', ''])('a Makefile like %j has no test', (makefile) =>
    expect(commandOf({ makefile })).toBeNull(),
  );

  test.each(['tests/unit/deep/a.bats', 'src/tests/a.bats', 'tests/.bats', 'sub/Cargo.toml', 'Cargo.toml.bak'])(
    'a path like %j tests nothing',
    (path) => expect(commandOf({ paths: [path] })).toBeNull(),
  );
});

describe('a command that may be run', () => {
  test.each(['npm test', 'npx jest --ci', ' cargo  test ', 'go test ./...', 'python -m pytest -q', 'bats tests/unit'])(
    '%j',
    (command) => expect(allowedCommand(command)).toEqual(command.trim().split(/\s+/)),
  );

  test.each([
    'rm -rf /',
    '',
    'npm test; rm -rf /',
    'npm test && rm x',
    'npm test | sh',
    'npm test\nrm x',
    'npm test $(rm x)',
    'npm test `rm x`',
    'npm test > /etc/passwd',
    'npm "test"',
    'python -c x',
    'python -m http.server',
    'FOO=1 npm test',
    './npm test',
    'npmx test',
    'sh -c npm',
  ])('C85 is not %j', (command) => expect(allowedCommand(command)).toBeNull());
});

describe('rounds of tests', () => {
  const failed = (test: string, type = 'AssertionError'): E2eResult => ({
    outcome: 'FAILED',
    failures: [{ test, file: 'a.test.ts', type }],
  });

  test('a failure is known by the hash of test, file and type', () => {
    const failure = { test: 'adds', file: 'a.test.ts', type: 'AssertionError' };
    expect(failureHash(failure, hash)).toBe(hash('adds|a.test.ts|AssertionError').slice(0, 16));
  });

  test('the same failure twice trips the breaker', () => {
    const first = decideE2e(none, failed('adds'), hash);
    expect(first.next).toBe('fix');
    expect(decideE2e(first.rounds, failed('adds'), hash)).toMatchObject({
      next: 'halt',
      reason: 'e2e_circuit_breaker',
    });
    expect(decideE2e(first.rounds, failed('adds', 'TypeError'), hash).next).toBe('fix');
  });

  test('failures that are always new end after three rounds', () => {
    const first = decideE2e(none, failed('a'), hash);
    const second = decideE2e(first.rounds, failed('b'), hash);
    expect([first.next, second.next]).toEqual(['fix', 'fix']);
    expect(decideE2e(second.rounds, failed('c'), hash)).toMatchObject({ next: 'halt', reason: 'e2e_max_iterations' });
    expect(decideE2e(second.rounds, { outcome: 'PASSED' }, hash).next).toBe('pass');
  });

  test('C80 a failed build halts at once', () => {
    expect(decideE2e(none, { outcome: 'BUILD_FAILED' }, hash)).toMatchObject({ next: 'halt', reason: 'build_failed' });
  });

  test('what could not be run never passes', () => {
    const error: E2eResult = { outcome: 'ERROR', reason: 'another branch' };
    expect(decideE2e(none, error, hash)).toMatchObject({ next: 'halt', reason: 'e2e_error' });
    expect(decideE2e(none, { outcome: 'NONE' }, hash)).toMatchObject({ next: 'skip', reason: 'no_test_command' });
  });

  test('a failure without a name is one all the same', () => {
    const nameless: E2eResult = { outcome: 'FAILED', failures: [] };
    const first = decideE2e(none, nameless, hash);
    expect(decideE2e(first.rounds, nameless, hash)).toMatchObject({ reason: 'e2e_circuit_breaker' });
  });
});

describe('failures in what a runner printed', () => {
  test.each([
    ['not ok 3 - adds two', { test: 'adds two', file: '', type: '' }],
    ['  ● calc › adds', { test: 'calc › adds', file: '', type: '' }],
    [
      'FAILED tests/test_a.py::test_x - AssertionError: no',
      { test: 'test_x', file: 'tests/test_a.py', type: 'AssertionError' },
    ],
    ['test calc::adds ... FAILED', { test: 'calc::adds', file: '', type: '' }],
    ['--- FAIL: TestAdds (0.00s)', { test: 'TestAdds', file: '', type: '' }],
  ])('%j', (line, failure) => {
    expect(failuresIn(`ok 1\r\n${line}\r\n${line}\r\nok 2`, 1)).toEqual([failure]);
  });

  test('are the exit code where no test is named', () => {
    expect(failuresIn('', 2)).toEqual([{ test: '', file: '', type: 'exit 2' }]);
    expect(failuresIn('x'.repeat(2_000_000), null)).toEqual([{ test: '', file: '', type: 'not ended' }]);
    expect(failuresIn('not ok 1 a\n'.repeat(100_000), 1)).toHaveLength(1);
  });
});
