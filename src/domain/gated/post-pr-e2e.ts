import type { PostPrHalt } from './post-pr-state.ts';
import { type Rounds, seenMore } from './rounds.ts';

/** A test that failed, as far as its runner tells. */
export interface TestFailure {
  readonly test: string;
  readonly file: string;
  /** Such as `AssertionError`, or `exit 1` where nothing is known but the exit code. */
  readonly type: string;
}

/** How a round of build and tests ended. */
export type E2eResult =
  | { readonly outcome: 'PASSED' }
  | { readonly outcome: 'FAILED'; readonly failures: readonly TestFailure[] }
  | { readonly outcome: 'BUILD_FAILED' }
  /** Nothing could be run: another branch, a command that is not allowed, no program. */
  | { readonly outcome: 'ERROR'; readonly reason: string }
  /** There is no command to run. */
  | { readonly outcome: 'NONE' };

export type E2eStep =
  | { readonly next: 'pass'; readonly rounds: Rounds }
  | { readonly next: 'skip'; readonly reason: 'no_test_command'; readonly rounds: Rounds }
  | { readonly next: 'fix'; readonly rounds: Rounds }
  | { readonly next: 'halt'; readonly reason: PostPrHalt; readonly rounds: Rounds };

export const buildTimeoutS = 300;
export const testTimeoutS = 600;
const mostRounds = 3;
const sameFailure = 2;

/** The failures in what a runner printed: TAP, Jest, pytest, cargo, go. `exitCode` stands for them where none is found. */
export function failuresIn(output: string, exitCode: number | null): TestFailure[] {
  const found = output.split(/\r\n?|\n/).flatMap((line) => failureIn(line.slice(0, longestLine)) ?? []);
  const unique = new Map(found.map((failure) => [identity(failure), failure]));
  if (unique.size > 0) return [...unique.values()].slice(0, mostFailures);
  return [{ test: '', file: '', type: exitCode === null ? 'not ended' : `exit ${exitCode}` }];
}

/** First 16 hex digits of the hash of `test|file|type`. `hash` is sha256 in hex. */
export function failureHash(failure: TestFailure, hash: (text: string) => string): string {
  return hash(identity(failure)).slice(0, 16);
}

/** What follows a round: a failed build ends it at once, the same failure twice too. */
export function decideE2e(before: Rounds, result: E2eResult, hash: (text: string) => string): E2eStep {
  const failed = result.outcome === 'FAILED' ? result.failures : [];
  const failures = result.outcome === 'FAILED' && failed.length === 0 ? [unknown] : failed;
  const rounds = seenMore(
    before,
    failures.map((failure) => failureHash(failure, hash)),
  );
  switch (result.outcome) {
    case 'PASSED':
      return { next: 'pass', rounds };
    case 'NONE':
      return { next: 'skip', reason: 'no_test_command', rounds };
    case 'BUILD_FAILED':
      return { next: 'halt', reason: 'build_failed', rounds };
    case 'ERROR':
      return { next: 'halt', reason: 'e2e_error', rounds };
    case 'FAILED': {
      const isStuck = Object.values(rounds.seen).some((times) => times >= sameFailure);
      if (isStuck) return { next: 'halt', reason: 'e2e_circuit_breaker', rounds };
      if (rounds.rounds >= mostRounds) return { next: 'halt', reason: 'e2e_max_iterations', rounds };
      return { next: 'fix', rounds };
    }
  }
}

const unknown: TestFailure = { test: '', file: '', type: 'unknown' };
const longestLine = 500;
const mostFailures = 200;

/** Group 1 is the test, 2 its file, 3 the type of the error, where the runner says so. */
const runners: readonly { readonly pattern: RegExp; readonly groups: readonly (keyof TestFailure)[] }[] = [
  { pattern: /^\s*not ok \d+(?: -)? (.+)$/, groups: ['test'] },
  { pattern: /^\s*● (.+)$/, groups: ['test'] },
  { pattern: /^FAILED ([^\s:]+)::(\S+)(?: - (\w+))?/, groups: ['file', 'test', 'type'] },
  { pattern: /^test (\S+) \.\.\. FAILED$/, groups: ['test'] },
  { pattern: /^\s*--- FAIL: (\S+)/, groups: ['test'] },
];

function failureIn(line: string): TestFailure | null {
  for (const { pattern, groups } of runners) {
    const match = pattern.exec(line);
    if (!match) continue;
    const failure = { test: '', file: '', type: '' };
    groups.forEach((group, index) => {
      failure[group] = match[index + 1]?.trim() ?? '';
    });
    return failure;
  }
  return null;
}

function identity({ test, file, type }: TestFailure): string {
  return [test, file, type].join('|');
}
