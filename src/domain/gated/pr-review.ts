import { cut, oneLine } from '../text.ts';
import { isObject, jsonIn, textOf } from './json-answer.ts';
import type { PostPrHalt } from './post-pr-state.ts';
import { type Rounds, seenMore } from './rounds.ts';

export type TriageAction = 'dispatch_bug' | 'log_only' | 'note' | 'defer';

/** What is done about one finding of a reviewer, and why. */
export interface TriageRecord {
  /** The same for the same finding in a later round. */
  readonly key: string;
  /** As the reviewer wrote it, in capitals. */
  readonly severity: string;
  readonly title: string;
  readonly file: string;
  readonly action: TriageAction;
  /** Never empty. */
  readonly reasoning: string;
}

/** A finding that a bug run is to be started for; a person starts it. */
export interface QueuedBug {
  readonly title: string;
  readonly severity: string;
  readonly file: string;
  /** What they type. */
  readonly command: string;
}

export type Convergence = 'NOTHING_NEW' | 'KEEP_ITERATING' | 'DEGRADED';

export interface Triage {
  readonly convergence: Convergence;
  /** 0 done, 3 something could not be read. */
  readonly code: 0 | 3;
  /** What this round has found that no earlier one had. */
  readonly records: readonly TriageRecord[];
}

export type ReviewStep =
  | { readonly next: 'again'; readonly rounds: Rounds }
  | { readonly next: 'completed'; readonly note: string | null; readonly rounds: Rounds }
  | { readonly next: 'halt'; readonly reason: PostPrHalt; readonly rounds: Rounds };

const mostRounds = 5;
const longestName = 300;
const longestReason = 2000;

const actions: Readonly<Record<string, TriageAction>> = {
  CRITICAL: 'dispatch_bug',
  BLOCKER: 'dispatch_bug',
  HIGH: 'log_only',
  HIGH_CONSENSUS: 'log_only',
  MEDIUM: 'log_only',
  LOW: 'log_only',
  DISPUTED: 'log_only',
  LOW_VALUE: 'log_only',
  PRAISE: 'note',
};

const reasons: Readonly<Record<TriageAction, string>> = {
  dispatch_bug: 'must be fixed, so a bug is queued',
  log_only: 'no reason to stop, so it is logged',
  note: 'nothing to do, so it is noted',
  defer: 'for a person to decide, so it is deferred',
};

/**
 * Sorts the findings of this round's answers; null where nobody answered. An answer that cannot be read makes the round DEGRADED; what can be read
 * is triaged all the same. `seen` holds the keys of earlier rounds.
 */
export function triage(
  answers: readonly string[],
  { autoTriage, seen }: { readonly autoTriage: boolean; readonly seen: Readonly<Record<string, number>> },
): Triage | null {
  if (answers.length === 0) return null;
  const read = answers.flatMap(findingsIn);
  const records = new Map<string, TriageRecord>();
  for (const finding of read) {
    const record = finding === null ? null : recordOf(finding, autoTriage);
    if (record && !Object.hasOwn(seen, record.key)) records.set(record.key, record);
  }
  const found = [...records.values()];
  const isDegraded = read.includes(null);
  const isNew = found.some(({ action }) => action !== 'note');
  const convergence = isNew ? 'KEEP_ITERATING' : 'NOTHING_NEW';
  return { convergence: isDegraded ? 'DEGRADED' : convergence, code: isDegraded ? 3 : 0, records: found };
}

/** The bugs that these records ask for. */
export function queuedBugs(records: readonly TriageRecord[]): QueuedBug[] {
  return records
    .filter(({ action }) => action === 'dispatch_bug')
    .map(({ title, severity, file }) => ({ title, severity, file, command: bugCommand(title || file || severity) }));
}

/** What follows a round; `found` is null where no reviewer has answered in it. */
export function decideReview(before: Rounds, found: Triage | null): ReviewStep {
  const rounds = seenMore(before, found?.records.map(({ key }) => key) ?? []);
  if (found === null) return { next: 'halt', reason: 'pr_review_no_findings', rounds };
  if (found.convergence === 'NOTHING_NEW') return { next: 'completed', note: null, rounds };
  if (rounds.rounds < mostRounds) return { next: 'again', rounds };
  if (found.convergence === 'DEGRADED') return { next: 'halt', reason: 'pr_review_failed', rounds };
  return { next: 'completed', note: `still new findings after ${mostRounds} rounds`, rounds };
}

/** A title is a model's: a shell is to take it for words. */
function bugCommand(title: string): string {
  const words = oneLine(title);
  const isPlain = /^[\p{L}\p{N} ,.:;()/@%+=_-]+$/u.test(words);
  return `locus run --bug ${isPlain ? `"${words}"` : `'${words.replaceAll("'", "'\\''")}'`}`;
}

interface ReadFinding {
  readonly severity: string;
  readonly title: string;
  readonly file: string;
  readonly reasoning: string;
}

/** A list of findings, or an object that holds one; null for each thing that is neither, and for each unreadable finding. */
function findingsIn(answer: string): (ReadFinding | null)[] {
  const json = jsonIn(answer);
  const list = isObject(json) ? json.findings : json;
  return Array.isArray(list) ? list.map(findingOf) : [null];
}

function findingOf(value: unknown): ReadFinding | null {
  if (!isObject(value)) return null;
  const severity = cut(textOf(value.severity).trim(), longestName)
    .toUpperCase()
    .replace(/[\s-]+/g, '_');
  if (severity === '') return null;
  const title = textOf(value.title) || textOf(value.message) || textOf(value.id);
  const reasoning = textOf(value.reasoning) || textOf(value.reason);
  return {
    severity,
    title: cut(title.trim(), longestName),
    file: cut(textOf(value.file).trim(), longestName),
    reasoning: cut(reasoning.trim(), longestReason),
  };
}

function recordOf({ severity, title, file, reasoning }: ReadFinding, autoTriage: boolean): TriageRecord {
  const usual = actions[severity] ?? 'defer';
  const isOff = usual === 'dispatch_bug' && !autoTriage;
  const action = isOff ? 'defer' : usual;
  const why = isOff ? 'auto_triage is off, so it is deferred' : reasons[action];
  return {
    key: [severity, file, title.toLowerCase()].join('|'),
    severity,
    title,
    file,
    action,
    reasoning: reasoning === '' ? `${severity}: ${why}` : `${severity}: ${why}; ${reasoning}`,
  };
}
