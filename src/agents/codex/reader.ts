import { z } from 'zod';
import type { AgentEvent } from '../../domain/agent.ts';
import { oneLine } from '../../domain/agent-report.ts';
import type { Pricing } from '../../domain/prices.ts';
import type { LineReader } from '../agent.ts';
import { readLine, sessionId } from '../json-lines.ts';
import { codexTotals, Usage } from './usage.ts';

const text = z.string().optional().catch(undefined);

const Item = z.object({
  type: z.string(),
  text,
  message: text,
  command: text,
  query: text,
  server: text,
  tool: text,
  changes: z
    .array(z.object({ path: z.string() }))
    .optional()
    .catch(undefined),
});
type Item = z.infer<typeof Item>;

const Message = z.object({
  type: z.string(),
  thread_id: sessionId,
  message: text,
  item: Item.optional().catch(undefined),
  error: z.object({ message: text }).optional().catch(undefined),
  usage: Usage.optional().catch(undefined),
});
type Message = z.infer<typeof Message>;

/** Reads `codex exec --json`. Its final words are its last message, which the end of the turn confirms. */
export function codexReader(pricing?: Pricing): LineReader {
  let said = '';
  const totals = codexTotals(pricing);
  return (line) =>
    readLine(Message, line, (message) => {
      if (message.item?.type === 'agent_message' && message.item.text !== undefined) said = message.item.text;
      const usage = message.type === 'turn.completed' && message.usage ? totals.moveTo(message.usage) : [];
      return [...usage, ...eventsOf(message, said)];
    });
}

function eventsOf(message: Message, said: string): AgentEvent[] {
  switch (message.type) {
    case 'thread.started':
      return message.thread_id === undefined ? [] : [{ kind: 'session', id: message.thread_id }];
    case 'item.started':
      return message.item?.type === 'command_execution' ? itemEvents(message.item) : [];
    case 'item.completed':
      // A command was told of when it started.
      return message.item && message.item.type !== 'command_execution' ? itemEvents(message.item) : [];
    case 'turn.completed':
      return [{ kind: 'result', ok: true, text: said }];
    case 'turn.failed':
      return [{ kind: 'result', ok: false, text: message.error?.message ?? 'the turn failed' }];
    case 'error':
      return [{ kind: 'error', message: message.message ?? 'unknown error' }];
    default:
      return [];
  }
}

function itemEvents(item: Item): AgentEvent[] {
  const tool = (name: string, detail: string): AgentEvent[] => [{ kind: 'tool', name, detail: oneLine(detail, 160) }];
  switch (item.type) {
    case 'agent_message':
      return [{ kind: 'text', text: item.text ?? '' }];
    case 'command_execution':
      return tool('Bash', item.command ?? '');
    case 'file_change':
      return tool('Edit', (item.changes ?? []).map((change) => change.path).join(', '));
    case 'web_search':
      return tool('WebSearch', item.query ?? '');
    case 'mcp_tool_call':
      return tool(item.tool ?? 'mcp', item.server ?? '');
    default:
      // Items of type `error` are warnings: the turn goes on.
      return [];
  }
}
