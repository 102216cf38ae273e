/** Rounds of a phase so far, and how often each finding or failure was seen. */
export interface Rounds {
  readonly rounds: number;
  readonly seen: Readonly<Record<string, number>>;
}

/** One more round; each key counts once in it, however often it comes. */
export function seenMore({ rounds, seen }: Rounds, keys: readonly string[]): Rounds {
  const counts = new Map(Object.entries(seen));
  for (const key of new Set(keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return { rounds: rounds + 1, seen: Object.fromEntries(counts) };
}
