import { z } from 'zod';
import type { AgentEvent } from '../../domain/agent.ts';
import type { Pricing } from '../../domain/prices.ts';
import type { LineReader } from '../agent.ts';
import { readLine, sessionId } from '../json-lines.ts';
import { toolDetail } from '../tool-detail.ts';
import { claudeUsage } from './usage.ts';

const Block = z.object({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  input: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

const tokens = z.number().catch(0).default(0);

const Usage = z
  .object({
    input_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
    output_tokens: tokens,
  })
  .optional()
  .catch(undefined);

const Message = z.object({
  type: z.string(),
  subtype: z.string().optional().catch(undefined),
  session_id: sessionId,
  message: z
    .object({
      id: z.string().optional().catch(undefined),
      model: z.string().optional().catch(undefined),
      content: z.array(Block).catch([]),
      usage: Usage,
    })
    .optional()
    .catch(undefined),
  rate_limit_info: z
    .object({ status: z.string(), resetsAt: z.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  api_error_status: z.number().optional().catch(undefined),
  is_error: z.boolean().optional().catch(undefined),
  result: z.string().optional().catch(undefined),
  errors: z.array(z.string()).optional().catch(undefined),
  total_cost_usd: z.number().optional().catch(undefined),
  usage: Usage,
});
type Message = z.infer<typeof Message>;

/** Reads `--output-format stream-json`. */
export function claudeReader(pricing?: Pricing): LineReader {
  const usage = claudeUsage(pricing);
  return (line) =>
    readLine(Message, line, (message) => {
      if (message.type === 'assistant' && message.message)
        return [...eventsOf(message), ...usage.told(message.message)];
      if (message.type === 'result') return [...usage.result(message), resultEvent(message)];
      return eventsOf(message);
    });
}

function eventsOf(message: Message): AgentEvent[] {
  if (message.type === 'system' && message.subtype === 'init' && message.session_id !== undefined) {
    return [{ kind: 'session', id: message.session_id }];
  }
  if (message.type === 'assistant') return (message.message?.content ?? []).flatMap(blockEvents);
  if (message.type === 'rate_limit_event') return limitEvents(message);
  return [];
}

function blockEvents(block: z.infer<typeof Block>): AgentEvent[] {
  if (block.type === 'text' && block.text !== undefined) return [{ kind: 'text', text: block.text }];
  if (block.type !== 'tool_use' || block.name === undefined) return [];
  return [{ kind: 'tool', name: block.name, detail: toolDetail(block.input ?? {}) }];
}

/** Told of any change; epoch seconds. */
function limitEvents({ rate_limit_info: info }: Message): AgentEvent[] {
  if (info?.status !== 'rejected') return [];
  return [{ kind: 'limit', until: info.resetsAt === undefined ? null : info.resetsAt * 1000 }];
}

/** `subtype` is success although the model could not be reached; then `is_error` is set. */
function resultEvent({ subtype, is_error, result, errors, api_error_status: status }: Message): AgentEvent {
  const ok = is_error !== true && (subtype === undefined || subtype === 'success');
  const said = result ?? errors?.join('; ') ?? '';
  if (ok) return { kind: 'result', ok, text: said };
  const text = said === '' ? `it ended with ${subtype ?? 'an error'}` : said;
  return status === undefined ? { kind: 'result', ok, text } : { kind: 'result', ok, text, status };
}
