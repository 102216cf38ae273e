import type { World } from '../../test/e2e/support/world.ts';
import { median, repeat } from '../measure.ts';
import { ms, type Row, ratioRow } from '../row.ts';
import { makeStage } from '../stage.ts';

export interface ParallelOptions {
  readonly issues: number;
  readonly agentSeconds: number;
  readonly latencyMs: number;
  readonly rounds: number;
}

/** Whole commands, in milliseconds; `ratio` is the median of the rounds' ratios. */
export interface ParallelFigures extends ParallelOptions {
  readonly one: number;
  readonly all: number;
  readonly ratio: number;
}

/** One issue by itself, then as many as there are side by side, in turn. */
export async function measureParallel(world: World, options: ParallelOptions): Promise<ParallelFigures> {
  const { issues, agentSeconds, latencyMs } = options;
  const agent = { maxParallel: issues };
  const rounds = await repeat(options.rounds, async () => {
    const alone = await makeStage(world, { issues: 1, agentSeconds, latencyMs, agent });
    const together = await makeStage(world, { issues, agentSeconds, latencyMs, agent });
    const one = await alone.locus('run', '1');
    const all = await together.locus('run', ...together.issues.map(String));
    return { one, all };
  });
  return {
    ...options,
    one: median(rounds.map(({ one }) => one)),
    all: median(rounds.map(({ all }) => all)),
    ratio: median(rounds.map(({ one, all }) => all / one)),
  };
}

export function parallelRows(
  { issues, latencyMs, agentSeconds, one, all, ratio }: ParallelFigures,
  atMost: number,
): Row[] {
  const what = `${issues} issues side by side, agents of ${agentSeconds} s, ${latencyMs} ms a call`;
  return [ratioRow(what, { ours: all, beside: `one issue's ${ms(one)}`, ratio, atMost })];
}
