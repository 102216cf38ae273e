/** USD per million tokens. */
export interface Price {
  readonly inputUsd: number;
  readonly cachedInputUsd: number;
  readonly outputUsd: number;
}

/** By the model's name, or the beginning of names with a `*` at its end. */
export type Prices = Readonly<Record<string, Price>>;
