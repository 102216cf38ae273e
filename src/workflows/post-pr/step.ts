import type { PostPrHalt } from '../../domain/gated/post-pr-state.ts';
import type { HostTools } from '../activities.ts';
import type { GatedBench } from '../gated/role.ts';
import { step, TimeUp } from '../gated/step.ts';
import { PhaseCut } from '../run.ts';
import type { Validated } from './target.ts';

/** What a validation works with. */
export interface PostPrBench extends GatedBench {
  readonly target: Validated;
}

/** How a phase ends. */
export type PhaseEnd =
  | { readonly status: 'completed' | 'skipped'; readonly note: string | null }
  /** `late`: its time was over. */
  | { readonly halt: PostPrHalt; readonly detail: string | null; readonly late?: true };

/** Between two steps a person's halt is heard. */
export async function haltPoint({ run }: PostPrBench): Promise<void> {
  await run.checkpoint();
  if (run.haltWanted !== null) throw new PhaseCut(run.haltWanted);
}

/** Does the work of a phase on the host, in what is left of the phase's time. */
export async function inTime<T>(
  { run, tools, target }: PostPrBench,
  summary: string,
  work: (tools: HostTools, summary: string) => Promise<T>,
): Promise<T | 'time_up'> {
  try {
    return await step(run, target, summary, () => tools.onHost((host) => work(host, summary)), { isWork: true });
  } catch (error) {
    if (error instanceof TimeUp) return 'time_up';
    throw error;
  }
}
