import { z } from 'zod';
import type { AgentEvent } from '../../domain/agent.ts';
import { costOf, type Pricing, priceOf } from '../../domain/prices.ts';
import type { LineReader } from '../agent.ts';
import { readLine } from '../json-lines.ts';

const tokens = z.number().catch(0).default(0);

/** `input_tokens` has the cached ones in it. */
export const Usage = z.object({
  input_tokens: tokens,
  cached_input_tokens: tokens,
  cache_write_input_tokens: tokens,
  output_tokens: tokens,
});
export type Usage = z.infer<typeof Usage>;

const nothing: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_input_tokens: 0,
  output_tokens: 0,
};

/** Codex tells the totals of a session, over all its starts. It tells no price. */
export function codexTotals(pricing: Pricing | undefined) {
  let total = nothing;
  let model = pricing?.model ?? null;

  function eventOf(usage: Usage): AgentEvent {
    const { input_tokens: inputTokens, output_tokens: output, cached_input_tokens: cachedInput } = usage;
    const cacheWrite = usage.cache_write_input_tokens;
    const input = Math.max(0, inputTokens - cachedInput - cacheWrite);
    const used = { input, cachedInput, cacheWrite, output };
    const costUsd = pricing === undefined ? null : costOf(used, priceOf(model, pricing.prices));
    return { kind: 'usage', inputTokens, outputTokens: output, costUsd };
  }

  return {
    setModel(name: string): void {
      model = name;
    },
    /** From here on, what was used before does not count. */
    beginAt(usage: Usage): void {
      total = usage;
    },
    /** Of one answer. */
    add(usage: Usage): AgentEvent[] {
      return [eventOf(usage)];
    },
    moveTo(usage: Usage): AgentEvent[] {
      const difference = (key: keyof Usage) => Math.max(0, usage[key] - total[key]);
      const used = {
        input_tokens: difference('input_tokens'),
        cached_input_tokens: difference('cached_input_tokens'),
        cache_write_input_tokens: difference('cache_write_input_tokens'),
        output_tokens: difference('output_tokens'),
      };
      total = usage;
      return [eventOf(used)];
    },
  };
}

const Entry = z.object({
  timestamp: z.string().catch(''),
  type: z.string(),
  payload: z.object({
    type: z.string().optional().catch(undefined),
    model: z.string().optional().catch(undefined),
    info: z.object({ total_token_usage: Usage }).optional().catch(undefined),
    usage: Usage.optional().catch(undefined),
  }),
});

/**
 * Reads the file of a session. `turn_context` names the model. `token_usage_record` follows each answer of it;
 * `token_count`, which older versions write alone, comes only after the commands that the answer asked for: of a codex
 * that is killed meanwhile, the last answer is never in its totals.
 */
export function codexUsageReader(pricing: Pricing, since: number): LineReader {
  const totals = codexTotals(pricing);
  let hasRecords = false;
  return (line) =>
    readLine(Entry, line, ({ timestamp, type, payload }) => {
      const isOurs = Date.parse(timestamp) >= since;
      if (type === 'turn_context' && payload.model !== undefined) totals.setModel(payload.model);
      if (type === 'token_usage_record' && payload.usage) {
        hasRecords = true;
        return isOurs ? totals.add(payload.usage) : [];
      }
      const total = payload.type === 'token_count' ? payload.info?.total_token_usage : undefined;
      if (total === undefined || hasRecords) return [];
      if (isOurs) return totals.moveTo(total);
      totals.beginAt(total);
      return [];
    });
}
