/** USD per million tokens. */
export interface Price {
  readonly inputUsd: number;
  readonly cachedInputUsd: number;
  readonly outputUsd: number;
}

/** By the model's name, or the beginning of names with a `*` at its end. */
export type Prices = Readonly<Record<string, Price>>;

/** What an agent's tokens are priced by. */
export interface Pricing {
  /** The model that was asked for; null: the provider's default. */
  readonly model: string | null;
  /** `agent.prices`. */
  readonly prices: Prices;
}

export interface Tokens {
  /** Neither read from a cache nor written to one. */
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** A cost in USD. An estimate where the provider tells its own. */
export function costOf(tokens: Tokens, { inputUsd, cachedInputUsd, outputUsd }: Price): number {
  const input = tokens.input * inputUsd + tokens.cacheWrite * inputUsd * cacheWriteFactor;
  return (input + tokens.cachedInput * cachedInputUsd + tokens.output * outputUsd) / 1e6;
}

/** The price of a model by `agent.prices`, else by our own table. One that neither names is taken for a dear one, never for free. */
export function priceOf(model: string | null, prices: Prices): Price {
  // Bedrock and Vertex put their own words around it: `us.anthropic.claude-opus-4-8-v1:0`.
  const name = model === null ? '' : (/claude-.*/.exec(model)?.[0] ?? model);
  return find(name, prices) ?? find(name, listPrices) ?? dear;
}

/** The exact name, else the longest beginning of it. */
function find(name: string, prices: Prices): Price | null {
  if (Object.hasOwn(prices, name)) return prices[name] ?? null;
  const beginnings = Object.keys(prices)
    .filter((key) => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
    .sort((a, b) => b.length - a.length);
  const [longest] = beginnings;
  return longest === undefined ? null : (prices[longest] ?? null);
}

const cacheWriteFactor = 1.25;

function price(inputUsd: number, cachedInputUsd: number, outputUsd: number): Price {
  return { inputUsd, cachedInputUsd, outputUsd };
}

const dear = price(10, 1, 50);

/** List prices, as of November 2026. */
const listPrices: Prices = {
  'claude-fable-*': price(10, 1, 50),
  'claude-opus-*': price(5, 0.5, 25),
  'claude-opus-4-2025*': price(15, 1.5, 75),
  'claude-opus-4-0*': price(15, 1.5, 75),
  'claude-opus-4-1*': price(15, 1.5, 75),
  'claude-sonnet-*': price(3, 0.3, 15),
  'claude-haiku-*': price(1, 0.1, 5),
  'gpt-5': price(1.25, 0.125, 10),
  'gpt-5-*': price(1.25, 0.125, 10),
  'gpt-5-mini*': price(0.25, 0.025, 2),
  'gpt-5.1*': price(1.25, 0.125, 10),
  'gpt-5.2*': price(1.75, 0.175, 14),
  'gpt-5.3*': price(1.75, 0.175, 14),
  'gpt-5.4*': price(2.5, 0.25, 15),
  'gpt-5.4-mini*': price(0.75, 0.075, 4.5),
  'gpt-5.4-pro*': price(30, 30, 180),
  'gpt-5.5*': price(5, 0.5, 30),
  'gpt-5.5-pro*': price(30, 30, 180),
  'gpt-5.6-sol*': price(5, 0.5, 30),
  'gpt-5.6-terra*': price(2.5, 0.25, 15),
  'gpt-5.6-luna*': price(1, 0.1, 6),
};
