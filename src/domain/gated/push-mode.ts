import { LocusFailure } from '../failures.ts';
import { oneLine } from '../text.ts';
import type { Completion, PushMode } from './state.ts';

export interface PushModeFlags {
  readonly local: boolean;
  readonly confirmPush: boolean;
}

export interface ChosenPushMode {
  readonly mode: PushMode;
  /** What a person is told once, where they asked for two things; else null. */
  readonly note: string | null;
}

/** What may be done to the remote when a run, a sprint of a plan or a halt is at that point. */
export type RemotePlan =
  | { readonly kind: 'ask' }
  | { readonly kind: 'none'; readonly completion: Completion }
  /** Push, and then a draft pull request unless `pullRequest` is false. */
  | { readonly kind: 'push'; readonly pullRequest: boolean };

/** A person's answer to the question of PROMPT. */
export type PushAnswer = 'push' | 'keep';

/** Of a run that nothing was completed of yet. */
export const noCompletion: Completion = { pushed: false, pr_created: false, pr_url: null, skipped_reason: null };

/**
 * `autoPush` is `run_mode.git.auto_push` as it was read; undefined where it is not set. Fails with ConfigInvalid for what
 * is none of its values, whatever the flags say.
 */
export function pushMode({ local, confirmPush }: PushModeFlags, autoPush: unknown): ChosenPushMode {
  const configured = configuredMode(autoPush);
  const note = local && confirmPush ? '--local and --confirm-push were both given: --local holds' : null;
  if (local) return { mode: 'LOCAL', note };
  return { mode: confirmPush ? 'PROMPT' : configured, note };
}

/** `answer` is null while nobody has answered; `autoPr` is `agent.autoPR`. */
export function remotePlan(mode: PushMode, answer: PushAnswer | null, autoPr: boolean): RemotePlan {
  if (mode === 'LOCAL') return { kind: 'none', completion: skipped('local_mode') };
  if (mode === 'PROMPT' && answer === null) return { kind: 'ask' };
  if (mode === 'PROMPT' && answer === 'keep') return { kind: 'none', completion: skipped('user_declined') };
  return { kind: 'push', pullRequest: autoPr };
}

/** After a push; `prUrl` is null where `agent.autoPR` is off. */
export function pushedCompletion(prUrl: string | null): Completion {
  const isMade = prUrl !== null;
  return { pushed: true, pr_created: isMade, pr_url: prUrl, skipped_reason: isMade ? null : 'auto_pr_off' };
}

/** Null for what is no answer. */
export function pushAnswer(text: string): PushAnswer | null {
  const word = text.trim().toLowerCase();
  return word === 'push' || word === 'keep' ? word : null;
}

/** What a person is shown before they answer. */
export function pushSummary(branch: string, commits: number, files: number): string {
  return [`Branch: ${oneLine(branch)}`, `Commits: ${commits}`, `Files changed: ${files}`].join('\n');
}

/** The command that pushes by hand what was kept local. */
export function pushHint(remote: string, branch: string): string {
  return `git push -u ${quoted(remote)} ${quoted(branch)}`;
}

function configuredMode(autoPush: unknown): PushMode {
  if (autoPush === undefined || autoPush === true) return 'AUTO';
  if (autoPush === false) return 'LOCAL';
  if (autoPush === 'prompt') return 'PROMPT';
  const shown = oneLine(JSON.stringify(autoPush) ?? String(autoPush)).slice(0, 80);
  throw new LocusFailure(
    'ConfigInvalid',
    `.locus/config.json: run_mode.git.auto_push must be true, false or "prompt", is ${shown}`,
  );
}

function skipped(reason: string): Completion {
  return { ...noCompletion, skipped_reason: reason };
}

// git allows `;`, `$` and quotes in the name of a branch.
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
