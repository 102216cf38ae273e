import type { AgentEvent } from '../../domain/agent.ts';
import { costOf, type Pricing, priceOf } from '../../domain/prices.ts';

interface Usage {
  readonly input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly output_tokens: number;
}

interface Told {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly content: readonly object[];
  readonly usage?: Usage | undefined;
}

interface Result {
  readonly usage?: Usage | undefined;
  readonly total_cost_usd?: number | undefined;
}

type UsageEvent = Extract<AgentEvent, { readonly kind: 'usage' }>;
interface Sum {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

/** A message's usage is that of its beginning, so its output is estimated by its length. */
const charactersOfToken = 4;

/** Adds up what the messages tell while claude works; the result's figures then take the place of that sum. */
export function claudeUsage(pricing: Pricing | undefined) {
  const seen = new Map<string, { readonly output: number; length: number }>();
  let sum: Sum = { inputTokens: 0, outputTokens: 0, costUsd: 0 };

  function moveTo(next: Sum, isPriced: boolean): UsageEvent[] {
    const inputTokens = next.inputTokens - sum.inputTokens;
    const outputTokens = next.outputTokens - sum.outputTokens;
    const costUsd = isPriced ? next.costUsd - sum.costUsd : null;
    sum = next;
    return [{ kind: 'usage', inputTokens, outputTokens, costUsd }];
  }

  return {
    /** Each block of a message comes in a line of its own, which repeats the message's usage. */
    told({ id, model, content, usage }: Told): UsageEvent[] {
      if (pricing === undefined || id === undefined || usage === undefined) return [];
      const before = seen.get(id);
      const length = JSON.stringify(content).length;
      const message = before ?? { output: usage.output_tokens, length: 0 };
      const outputBefore = before ? outputOf(before) : 0;
      message.length += length;
      seen.set(id, message);
      const output = outputOf(message) - outputBefore;
      const input = before ? nothing : usage;
      const tokens = {
        input: input.input_tokens,
        cachedInput: input.cache_read_input_tokens,
        cacheWrite: input.cache_creation_input_tokens,
        output,
      };
      const cost = costOf(tokens, priceOf(model ?? pricing.model, pricing.prices));
      const inputTokens = sum.inputTokens + inputOf(input);
      return moveTo({ inputTokens, outputTokens: sum.outputTokens + output, costUsd: sum.costUsd + cost }, true);
    },
    /** It covers this start of the program, not what the session had used before it was resumed. */
    result({ usage, total_cost_usd }: Result): UsageEvent[] {
      if (usage === undefined && total_cost_usd === undefined) return [];
      const inputTokens = inputOf(usage ?? nothing);
      const next = { inputTokens, outputTokens: usage?.output_tokens ?? 0, costUsd: total_cost_usd ?? sum.costUsd };
      return moveTo(next, total_cost_usd !== undefined);
    },
  };
}

const nothing: Usage = {
  input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  output_tokens: 0,
};

function inputOf(usage: Usage): number {
  return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
}

function outputOf({ output, length }: { readonly output: number; readonly length: number }): number {
  return Math.max(output, Math.ceil(length / charactersOfToken));
}
