import { duration } from './duration.ts';
import type { Failure } from './failures.ts';
import { redact } from './redact.ts';
import { fenced, inert, longestBody, within } from './text.ts';

export interface Comment {
  /** Hidden in the body; what the comment is found by again. */
  readonly marker: string;
  readonly body: string;
}

interface Outcome {
  readonly runId: string;
  readonly issue: number;
  readonly durationMs: number;
}

/** The comment on an issue whose task is done. */
export function doneComment(
  outcome: Outcome & { readonly summary: string; readonly pr: number | null },
  secrets: readonly string[] = [],
): Comment {
  const summary = redact(outcome.summary, secrets).trim();
  const facts = [`Duration: ${duration(outcome.durationMs)}`];
  if (outcome.pr !== null) facts.push(`PR: #${outcome.pr}`);
  return assemble(outcome, 'done', '🤖 **Locus execution complete**', inert(summary), facts, (text) => text);
}

/** The comment on an issue whose task failed; one per run and task, however often it fails. */
export function failedComment(
  outcome: Outcome & { readonly failure: Pick<Failure, 'message' | 'remedy' | 'files'> },
  secrets: readonly string[] = [],
): Comment {
  const { message, remedy, files = [] } = outcome.failure;
  const error = redact([message.trim() || 'no message', ...files].join('\n'), secrets);
  const facts = [`What to do: ${remedy}`, `Duration: ${duration(outcome.durationMs)}`];
  return assemble(outcome, 'failed', '🤖 **Locus execution failed**', error, facts, fenced);
}

/** On a pull request that is a person's: what its title and body would say else. One per run, kept up to date. */
export function pullComment(
  runId: string,
  { title, body }: { readonly title: string; readonly body: string },
): Comment {
  const marker = `<!-- locus: ${runId}/pull/state -->`;
  const join = (text: string) => [`🤖 **${inert(title)}**`, text, marker].join('\n\n');
  return { marker, body: within(longestBody, body, join) };
}

function assemble(
  { runId, issue }: Outcome,
  kind: 'done' | 'failed',
  title: string,
  text: string,
  facts: readonly string[],
  dress: (text: string) => string,
): Comment {
  const marker = `<!-- locus: ${runId}/${issue}/${kind} -->`;
  const join = (middle: string) =>
    [title, middle, facts.join('  \n'), marker].filter((section) => section !== '').join('\n\n');
  return { marker, body: within(longestBody, text, (kept) => join(kept === '' ? '' : dress(kept))) };
}
