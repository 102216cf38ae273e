import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { judge } from '../../src/activities/judge.ts';
import type { AttemptEnd } from '../../src/agents/host/follow.ts';
import { transcript } from '../../src/agents/host/transcript.ts';
import { agentFor } from '../../src/agents/index.ts';
import type { Provider } from '../../src/domain/settings.ts';

interface Recorded {
  readonly provider: Provider;
  readonly name: string;
  /** When it was recorded, in epoch milliseconds. */
  readonly at: number;
  /** Epoch milliseconds; null: not told; `none`: no limit. */
  readonly until: number | null | 'none';
  readonly code: number;
  readonly lines: readonly unknown[];
}

// What claude 2.1.197 and codex 0.169 print in New York when a scripted model refuses; long fields are left out.
const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('../agents/fixtures/limits.json', import.meta.url), 'utf8'),
);

function endOf(provider: Provider, lines: readonly unknown[], end: Partial<AttemptEnd> = {}): AttemptEnd {
  const words = transcript(agentFor(provider));
  for (const line of lines) words.add(typeof line === 'string' ? line : JSON.stringify(line));
  const rest = { outcome: 'exited', code: 1, stderrTail: '', durationMs: 1 } as const;
  return { ...rest, report: words.report(), answer: words.answer(), ...end };
}

describe('a model that refuses', () => {
  test.each(recorded.map((each) => [`${each.provider}: ${each.name}`, each] as const))('%s', (_name, each) => {
    jest.spyOn(Date, 'now').mockReturnValue(each.at);
    const verdict = judge(each.provider, endOf(each.provider, each.lines, { code: each.code }), 'America/New_York');
    jest.restoreAllMocks();
    if (each.until === 'none')
      return expect(verdict).toMatchObject({ outcome: 'failed', failure: { type: 'AgentFailed' } });
    expect(verdict).toMatchObject({ outcome: 'limited', until: each.until, failure: { type: 'UsageLimitReached' } });
  });
});

const retry = {
  type: 'error',
  message: 'Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)',
};

describe('an agent that is silent for too long', () => {
  const stalled = (...lines: unknown[]) => judge('codex', endOf('codex', lines, { outcome: 'stalled', code: null }));

  test('waits for its limit where that is the last that it said', () => {
    expect(stalled(retry)).toMatchObject({ outcome: 'limited', until: null, failure: { type: 'UsageLimitReached' } });
  });

  test('has stalled where it went on after the limit, or said something else', () => {
    const word = { type: 'item.completed', item: { type: 'agent_message', text: 'usage limit reached' } };
    for (const lines of [[retry, word], [word], [], [{ type: 'error', message: 'Reconnecting... 1/5 (timeout)' }]]) {
      expect(stalled(...lines)).toMatchObject({ outcome: 'failed', failure: { type: 'AgentStalled' } });
    }
  });
});

describe('what is no limit', () => {
  const limitWords = 'usage limit reached, resets at 3pm';
  const rejected = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1795272913 } };
  const result = { type: 'result', subtype: 'success', is_error: false, result: limitWords };

  test('words of the agent’s own work', () => {
    expect(judge('claude', endOf('claude', [rejected, result], { code: 0 }))).toEqual({ outcome: 'ok' });
    const failed = { type: 'result', subtype: 'error_max_turns', is_error: true };
    const said = { type: 'assistant', message: { content: [{ type: 'text', text: limitWords }] } };
    expect(judge('claude', endOf('claude', [said, failed]))).toMatchObject({ outcome: 'failed' });
    expect(judge('claude', endOf('claude', [said]))).toMatchObject({ outcome: 'failed' });
  });

  test('a limit that was passed by, when something else fails', () => {
    const failed = { type: 'result', is_error: true, api_error_status: 500, result: 'API Error: 500' };
    expect(judge('claude', endOf('claude', [rejected, failed]))).toMatchObject({ outcome: 'failed' });
  });

  test('a retry of codex after which it did its work', () => {
    expect(judge('codex', endOf('codex', [retry, { type: 'turn.completed' }], { code: 0 }))).toEqual({ outcome: 'ok' });
  });
});

describe('a command of a person’s own', () => {
  const end = (code: number, stderrTail: string) => judge('command', endOf('command', [], { code, stderrTail }));

  test('says by exit code 75 that it is to be started later, and when', () => {
    const verdict = end(75, 'busy, try again in 10 minutes\n');
    expect(verdict).toMatchObject({
      outcome: 'limited',
      failure: { message: 'command: busy, try again in 10 minutes' },
    });
    expect(Math.abs((verdict as { until: number }).until - Date.now() - 600_000)).toBeLessThan(5000);
    expect(end(75, '')).toMatchObject({ outcome: 'limited', until: null });
  });

  test('fails with any other code, whatever it prints', () => {
    expect(end(1, 'usage limit reached')).toMatchObject({ outcome: 'failed', retry: true });
  });
});
