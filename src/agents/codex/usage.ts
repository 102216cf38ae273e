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
  return {
    setModel(name: string): void {
      model = name;
    },
    /** From here on, what was used before does not count. */
    beginAt(usage: Usage): void {
      total = usage;
    },
    moveTo(usage: Usage): AgentEvent[] {
      const difference = (key: keyof Usage) => Math.max(0, usage[key] - total[key]);
      const inputTokens = difference('input_tokens');
      const outputTokens = difference('output_tokens');
      const cachedInput = difference('cached_input_tokens');
      const cacheWrite = difference('cache_write_input_tokens');
      total = usage;
      const input = Math.max(0, inputTokens - cachedInput - cacheWrite);
      const used = { input, cachedInput, cacheWrite, output: outputTokens };
      const costUsd = pricing === undefined ? null : costOf(used, priceOf(model, pricing.prices));
      return [{ kind: 'usage', inputTokens, outputTokens, costUsd }];
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
  }),
});

/** Reads the file of a session: `turn_context` names the model, `token_count` follows each answer of it. */
export function codexUsageReader(pricing: Pricing, since: number): LineReader {
  const totals = codexTotals(pricing);
  return (line) =>
    readLine(Entry, line, ({ timestamp, type, payload }) => {
      if (type === 'turn_context' && payload.model !== undefined) totals.setModel(payload.model);
      const usage = payload.type === 'token_count' ? payload.info?.total_token_usage : undefined;
      if (usage === undefined) return [];
      if (Date.parse(timestamp) >= since) return totals.moveTo(usage);
      totals.beginAt(usage);
      return [];
    });
}
