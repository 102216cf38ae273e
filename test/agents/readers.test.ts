import { describe, expect, test } from '@jest/globals';
import { agentFor } from '../../src/agents/index.ts';
import type { AgentEvent } from '../../src/domain/agent.ts';
import { emptyReport, withEvent } from '../../src/domain/agent-report.ts';
import type { Provider } from '../../src/domain/settings.ts';

function read(provider: Provider, ...messages: unknown[]): AgentEvent[] {
  const reader = agentFor(provider).reader();
  return messages.flatMap((message) => reader(typeof message === 'string' ? message : JSON.stringify(message)));
}

const claudeResult = { type: 'result', subtype: 'success', is_error: false, session_id: 's', result: 'Done.' };

describe('what claude prints', () => {
  test('its session comes from the first line, and not from one that looks like an option', () => {
    const init = { type: 'system', subtype: 'init', tools: [] };
    expect(read('claude', { ...init, session_id: 'abc-1' })).toEqual([{ kind: 'session', id: 'abc-1' }]);
    expect(read('claude', { ...init, session_id: '--settings=/tmp/x' })).toEqual([]);
  });

  test('its words and tools are told in one bounded line each', () => {
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'a', name: 'Write', input: { file_path: 'src/a.ts', content: 'x' } },
      { type: 'tool_use', id: 'b', name: 'Bash', input: { command: `npm test\n${'y'.repeat(500)}` } },
      { type: 'tool_use', id: 'c', name: 'TodoWrite', input: { todos: [] } },
    ];
    const events = read('claude', { type: 'assistant', message: { content } });
    expect(events.slice(0, 2)).toEqual([
      { kind: 'text', text: 'I look.' },
      { kind: 'tool', name: 'Write', detail: 'src/a.ts' },
    ]);
    expect(events[2]).toMatchObject({ name: 'Bash', detail: expect.stringMatching(/^npm test y+…$/) });
    expect(events[3]).toEqual({ kind: 'tool', name: 'TodoWrite', detail: '' });
  });

  test('the result tells words, tokens with those from the cache, and cost', () => {
    const usage = { input_tokens: 1, cache_read_input_tokens: 20, cache_creation_input_tokens: 300, output_tokens: 4 };
    expect(read('claude', { ...claudeResult, usage, total_cost_usd: 0.5 })).toEqual([
      { kind: 'usage', inputTokens: 321, outputTokens: 4, costUsd: 0.5 },
      { kind: 'result', ok: true, text: 'Done.' },
    ]);
  });

  test.each([
    [
      'an error under a subtype of success',
      { ...claudeResult, is_error: true, result: 'API Error: 500' },
      'API Error: 500',
    ],
    [
      'too many turns',
      { type: 'result', subtype: 'error_max_turns', is_error: false },
      'it ended with error_max_turns',
    ],
    ['a list of errors', { type: 'result', subtype: 'error_during_execution', errors: ['a', 'b'] }, 'a; b'],
  ])('a result is not ok for %s', (_words, message, text) => {
    expect(read('claude', message)).toEqual([{ kind: 'result', ok: false, text }]);
  });
});

describe('what codex prints', () => {
  test('a turn is read: session, commands, files, words, usage, and the last words as the result', () => {
    const item = (type: string, more: object) => ({ type: 'item.completed', item: { id: 'i', type, ...more } });
    const events = read(
      'codex',
      { type: 'thread.started', thread_id: '019a-b' },
      { type: 'turn.started' },
      {
        type: 'item.started',
        item: { id: 'i', type: 'command_execution', command: 'npm test', status: 'in_progress' },
      },
      item('command_execution', { command: 'npm test', exit_code: 0 }),
      item('file_change', {
        changes: [
          { path: 'a.ts', kind: 'add' },
          { path: 'b.ts', kind: 'add' },
        ],
      }),
      item('reasoning', { text: 'hm' }),
      item('error', { message: 'a warning' }),
      item('agent_message', { text: 'Done.' }),
      { type: 'turn.completed', usage: { input_tokens: 100, cached_input_tokens: 80, output_tokens: 7 } },
    );
    expect(events).toEqual([
      { kind: 'session', id: '019a-b' },
      { kind: 'tool', name: 'Bash', detail: 'npm test' },
      { kind: 'tool', name: 'Edit', detail: 'a.ts, b.ts' },
      { kind: 'text', text: 'Done.' },
      { kind: 'usage', inputTokens: 100, outputTokens: 7, costUsd: null },
      { kind: 'result', ok: true, text: 'Done.' },
    ]);
  });

  test('a failed turn is a result that is not ok, and an error is an error', () => {
    expect(read('codex', { type: 'turn.failed', error: { message: 'limit' } })).toEqual([
      { kind: 'result', ok: false, text: 'limit' },
    ]);
    expect(read('codex', { type: 'error', message: 'stream lost' })).toEqual([
      { kind: 'error', message: 'stream lost' },
    ]);
  });
});

describe('costs', () => {
  const prices = { m: { inputUsd: 1, cachedInputUsd: 0.5, outputUsd: 2 } };
  const pricing = { model: 'm', prices };

  /** The sums after each message. */
  function sums(provider: Provider, messages: readonly unknown[]) {
    const reader = agentFor(provider).reader(pricing);
    let report = emptyReport;
    return messages.map((message) => {
      for (const event of reader(JSON.stringify(message))) report = withEvent(report, event);
      const { inputTokens, outputTokens, costUsd } = report;
      return [inputTokens, outputTokens, costUsd];
    });
  }

  const assistant = (id: string, content: unknown[], usage: object) => ({
    type: 'assistant',
    message: { id, model: 'm', content, usage },
  });
  const usage = { input_tokens: 1e6, cache_read_input_tokens: 2e6, output_tokens: 1 };
  const text = { type: 'text', text: 'x'.repeat(4_000_000 - 27) };

  test('of claude are estimated while it works, each message once, and told by its result', () => {
    const result = { ...claudeResult, usage: { input_tokens: 5, output_tokens: 6 }, total_cost_usd: 0.25 };
    const again = assistant('a', [], { ...usage, input_tokens: 9e6 });
    const messages = [assistant('a', [], usage), again, assistant('b', [text], usage), result];
    const [first, second, third, last] = sums('claude', messages);
    expect(first).toEqual([3e6, 1, 2 + 2e-6]);
    expect(second).toEqual(first);
    expect(third).toEqual([6e6, 1 + 1e6, expect.closeTo(6, 4)]);
    expect(last).toEqual([5, 6, 0.25]);
  });

  test('of claude stay estimated where its result tells none, and of a message without a model', () => {
    const { total_cost_usd: _, ...result } = { ...claudeResult, total_cost_usd: 1, usage: { input_tokens: 1 } };
    const nameless = { type: 'assistant', message: { id: 'a', content: [], usage: { input_tokens: 1e6 } } };
    expect(sums('claude', [nameless, result]).map(([, , cost]) => cost)).toEqual([
      expect.closeTo(1, 4),
      expect.closeTo(1, 4),
    ]);
  });

  test('of codex are those of its tokens, cached ones by their own price, over several turns once', () => {
    const turn = (input_tokens: number, cached_input_tokens: number, output_tokens: number) => ({
      type: 'turn.completed',
      usage: { input_tokens, cached_input_tokens, output_tokens },
    });
    expect(sums('codex', [turn(2e6, 1e6, 1e6), turn(3e6, 1e6, 1e6)])).toEqual([
      [2e6, 1e6, 1 + 0.5 + 2],
      [3e6, 1e6, 2 + 0.5 + 2],
    ]);
  });

  test('of a codex session that was resumed are those of this start, by the model that it used', () => {
    const entry = (second: number, type: string, payload: object) =>
      JSON.stringify({ timestamp: `2026-11-21T12:00:0${second}.000Z`, type, payload });
    const count = (second: number, input_tokens: number) =>
      entry(second, 'event_msg', { type: 'token_count', info: { total_token_usage: { input_tokens } } });
    const read = agentFor('codex').usageReader?.({ model: null, prices }, Date.parse('2026-11-21T12:00:05Z'));
    const context = entry(0, 'turn_context', { model: 'm' });
    const limits = entry(7, 'event_msg', { type: 'token_count', info: null });
    const lines = [context, count(1, 7e6), count(6, 8e6), limits, count(8, 8e6), count(9, 10e6), 'x', '{}'];
    const costs = lines.map((line) => read?.(line).map((event) => event.kind === 'usage' && event.costUsd));
    expect(costs).toEqual([[], [], [1], [], [0], [2], [], []]);
  });

  test('of a codex session that notes each answer are those of its answers, also of one that was killed', () => {
    const entry = (second: number, type: string, payload: object) =>
      JSON.stringify({ timestamp: `2026-11-21T12:00:0${second}.000Z`, type, payload });
    const record = (second: number) => entry(second, 'token_usage_record', { usage: { input_tokens: 1e6 } });
    const count = (second: number, input_tokens: number) =>
      entry(second, 'event_msg', { type: 'token_count', info: { total_token_usage: { input_tokens } } });
    const read = agentFor('codex').usageReader?.(pricing, Date.parse('2026-11-21T12:00:05Z'));
    // Killed before it noted the total of its second answer; the next start goes on with the total of the first.
    const lines = [record(1), count(2, 1e6), record(3), record(6), count(7, 2e6), record(8)];
    const costs = lines.map((line) => read?.(line).map((event) => event.kind === 'usage' && event.costUsd));
    expect(costs).toEqual([[], [], [], [1], [], [1]]);
  });
});

describe('lines that are not understood', () => {
  const strange = [
    '',
    'npm warn x',
    '{',
    'null',
    '[]',
    '{}',
    '{"type":7}',
    '{"type":"new"}',
    '{"type":"assistant","message":{"content":"x"}}',
  ];
  test.each(['claude', 'codex'] as const)('%s: they give no events', (provider) => {
    expect(read(provider, ...strange, `{"type":"${'x'.repeat(2_000_000)}`)).toEqual([]);
  });

  test('a field of another type than expected does not lose the rest', () => {
    expect(read('claude', { ...claudeResult, session_id: 7, usage: 'many', total_cost_usd: 'free' })).toEqual([
      { kind: 'result', ok: true, text: 'Done.' },
    ]);
  });
});

describe('how agents are started', () => {
  const request = { model: 'm', session: 's-1', command: null };
  test('claude', () => {
    const options = ['--print', '--dangerously-skip-permissions', '--verbose', '--output-format', 'stream-json'];
    expect(agentFor('claude').argv(request)).toEqual(['claude', ...options, '--model', 'm', '--resume', 's-1']);
    expect(agentFor('claude').argv({ model: null, session: null, command: null })).toEqual(['claude', ...options]);
  });

  test('codex', () => {
    const options = ['--json', '--dangerously-bypass-approvals-and-sandbox', '-m', 'm'];
    expect(agentFor('codex').argv(request)).toEqual(['codex', 'exec', 'resume', ...options, 's-1', '-']);
    expect(agentFor('codex').argv({ ...request, session: null })).toEqual(['codex', 'exec', ...options, '-']);
  });

  test('command: its words as they are, and none is an error of the config', () => {
    expect(agentFor('command').argv({ ...request, command: ['a', 'b c'] })).toEqual(['a', 'b c']);
    expect(() => agentFor('command').argv(request)).toThrow('agent.command is not set');
  });
});
