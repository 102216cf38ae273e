import type { World } from '../../test/e2e/support/world.ts';
import { median, repeat } from '../measure.ts';
import { boundRow, ms, type Row, ratioRow } from '../row.ts';
import { makeStage, type Stage } from '../stage.ts';

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
  /** Requests to the tracker of one issue with its pull request, without the three looks before it begins. */
  readonly calls: number;
}

/** One issue by itself, then as many as there are side by side, in turn. */
export async function measureParallel(world: World, options: ParallelOptions): Promise<ParallelFigures> {
  const { issues, agentSeconds, latencyMs } = options;
  const agent = { maxParallel: issues };
  const rounds = await repeat(options.rounds, async () => {
    const alone = await makeStage(world, { issues: 1, agentSeconds, latencyMs, agent });
    const together = await makeStage(world, { issues, agentSeconds, latencyMs, agent });
    const one = await alone.locus('run', '1');
    const calls = callsOf(alone);
    const all = await together.locus('run', ...together.issues.map(String));
    return { one, all, calls };
  });
  return {
    ...options,
    one: median(rounds.map(({ one }) => one)),
    all: median(rounds.map(({ all }) => all)),
    ratio: median(rounds.map(({ one, all }) => all / one)),
    calls: median(rounds.map(({ calls }) => calls)),
  };
}

/** The command reads the issue and looks for an open pull request; the run, whether the labels are there, which it makes once. */
function callsOf({ repository }: Stage): number {
  const ofRun = /\/(labels|pulls)\?|\/labels$/;
  const isOfTask = ({ method, path }: { method: string; path: string }) =>
    !ofRun.test(path) || (method === 'POST' && /\/issues\/\d+\/labels$/.test(path));
  return repository.github.log.filter(isOfTask).length - 1;
}

export function parallelRows(
  { issues, latencyMs, agentSeconds, one, all, ratio, calls }: ParallelFigures,
  atMost: number,
): Row[] {
  const what = `${issues} issues side by side, agents of ${agentSeconds} s, ${latencyMs} ms a call`;
  return [
    ratioRow(what, { ours: all, beside: `one issue's ${ms(one)}`, ratio, atMost }),
    boundRow('one issue: tracker calls, its pull request with them', calls, 7, String),
  ];
}
