import type { PromptAbout } from '../../activities/gated/contract.ts';
import { branchFacts } from '../gated/branch.ts';
import { pushTip } from '../gated/delivery.ts';
import { callRole } from '../gated/role.ts';
import type { PostPrBench } from './step.ts';

/** `failed`: nothing comes of it, and a person has to know why. */
export type FixEnd = 'fixed' | 'time_up' | { readonly failed: string };

/** A fix step: one start of an implementer, in a session of its own. What it leaves is pushed before the next round. */
export async function fixed(
  bench: PostPrBench,
  about: Extract<PromptAbout, { readonly kind: 'fix_audit' | 'fix_e2e' }>,
  title: string,
): Promise<FixEnd> {
  const { run, target } = bench;
  target.nextCycle();
  run.update(target.issue, { title });
  const end = await callRole(bench, 'implementer', about, { artifact: 'fix' });
  if (end.outcome === 'time_up') return 'time_up';
  if (end.outcome === 'refused') return { failed: `the implementer was refused: ${end.reason}` };
  if (end.outcome === 'failed') return { failed: `the implementer failed: ${end.detail}` };
  if (end.outcome !== 'done') return { failed: 'the implementer gave no work of its own' };
  run.update(target.issue, { commit: end.commit });
  if (run.input.settings.agent.verify !== null) target.tell({ verified: end.commit });
  await shown(bench);
  return 'fixed';
}

/** Pushes what the draft does not show yet: a fix step's commit, or a person's between two parts of a validation. */
export async function shown(bench: PostPrBench): Promise<void> {
  const { run, target } = bench;
  const { tip, shows } = target;
  if (tip === shows) return;
  target.committed(await branchFacts(bench, shows, 'what was added'));
  if (run.input.remote !== null) await pushTip(bench, target);
  target.shows = tip;
  target.tell({ fix_commits: [...(target.post.fix_commits ?? []), tip] });
}
