import { describe, expect, test } from '@jest/globals';
import {
  noCompletion,
  pushAnswer,
  pushedCompletion,
  pushHint,
  pushMode,
  pushSummary,
  remotePlan,
} from '../../../src/domain/gated/push-mode.ts';

describe('the push mode', () => {
  test.each([
    [true, true, true, 'LOCAL'],
    [true, false, 'prompt', 'LOCAL'],
    [false, true, true, 'PROMPT'],
    [false, true, false, 'PROMPT'],
    [false, false, true, 'AUTO'],
    [false, false, undefined, 'AUTO'],
    [false, false, false, 'LOCAL'],
    [false, false, 'prompt', 'PROMPT'],
  ])('C46 with --local %j, --confirm-push %j and auto_push %j is %s', (local, confirmPush, autoPush, mode) => {
    expect(pushMode({ local, confirmPush }, autoPush).mode).toBe(mode);
  });

  test('says that --local holds only where both were given', () => {
    expect(pushMode({ local: true, confirmPush: true }, true).note).toContain('--local holds');
    expect(pushMode({ local: true, confirmPush: false }, true).note).toBeNull();
  });

  test.each(['maybe', 'true', 'false', '', 'PROMPT', 1, 0, null, [], {}])('C50 does not take auto_push %j', (value) => {
    for (const local of [true, false]) {
      expect(() => pushMode({ local, confirmPush: false }, value)).toThrow(
        expect.objectContaining({
          type: 'ConfigInvalid',
          message: `.locus/config.json: run_mode.git.auto_push must be true, false or "prompt", is ${JSON.stringify(value)}`,
        }),
      );
    }
  });
});

describe('what is done to the remote', () => {
  test('C47 is nothing in LOCAL, whatever anyone answers', () => {
    const completion = { pushed: false, pr_created: false, pr_url: null, skipped_reason: 'local_mode' };
    for (const answer of [null, 'push', 'keep'] as const) {
      expect(remotePlan('LOCAL', answer, true)).toEqual({ kind: 'none', completion });
    }
  });

  test('C49 is what a person answers in PROMPT', () => {
    expect(remotePlan('PROMPT', null, true)).toEqual({ kind: 'ask' });
    expect(remotePlan('PROMPT', 'push', true)).toEqual(remotePlan('AUTO', null, true));
    expect(remotePlan('PROMPT', 'keep', true)).toEqual({
      kind: 'none',
      completion: { pushed: false, pr_created: false, pr_url: null, skipped_reason: 'user_declined' },
    });
  });

  test('is a push and a draft in AUTO, and a push alone without agent.autoPR', () => {
    expect(remotePlan('AUTO', null, true)).toEqual({ kind: 'push', pullRequest: true });
    expect(remotePlan('AUTO', null, false)).toEqual({ kind: 'push', pullRequest: false });
    expect(pushedCompletion('https://example.org/1')).toEqual({
      pushed: true,
      pr_created: true,
      pr_url: 'https://example.org/1',
      skipped_reason: null,
    });
    expect(pushedCompletion(null)).toEqual({
      pushed: true,
      pr_created: false,
      pr_url: null,
      skipped_reason: 'auto_pr_off',
    });
    expect(noCompletion).toEqual({ pushed: false, pr_created: false, pr_url: null, skipped_reason: null });
  });
});

test.each([
  ['push', 'push'],
  [' Keep\n', 'keep'],
  ['yes', null],
  ['', null],
  ['push it', null],
])('the answer %j is %j', (text, answer) => {
  expect(pushAnswer(text)).toBe(answer);
});

test('a person is told what would be pushed, and how to do it by hand', () => {
  expect(pushSummary('feature/x', 3, 7)).toBe('Branch: feature/x\nCommits: 3\nFiles changed: 7');
  expect(pushHint('origin', 'feature/sprint-5')).toBe('git push -u origin feature/sprint-5');
  expect(pushHint('origin', "a;b'$(c)")).toBe("git push -u origin 'a;b'\\''$(c)'");
});
