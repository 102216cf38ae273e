import { Document } from 'yaml';
import { LocusFailure } from '../../domain/failures.ts';
import { formatLocalDocument, type LocalComment, type LocalDocument, parseLocalDocument } from './document.ts';

export type EntryKind = 'issue' | 'pull';

/** One file of the tracker, as its front matter says. */
export interface Entry {
  readonly kind: EntryKind;
  readonly number: number;
  readonly file: string;
  readonly document: LocalDocument;
  readonly title: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly labels: readonly string[];
  /** Title of a sprint, or its number. */
  readonly milestone: string | number | null;
  /** Branches, of pull requests. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

/** What may be written of an entry; a key that is left out stays as it is. */
export interface EntryChange {
  readonly title?: string;
  readonly state?: Entry['state'];
  readonly labels?: readonly string[];
  readonly milestone?: string | null;
  readonly head?: string;
  readonly base?: string;
  readonly draft?: boolean;
  readonly body?: string;
  readonly comments?: readonly LocalComment[];
}

export function readEntry(kind: EntryKind, number: number, file: string, text: string): Entry {
  const refuse = (why: string, cause?: unknown) =>
    new LocusFailure(
      'TrackerRefused',
      `cannot read ${file}: ${why}`,
      { remedy: 'correct the file, for example by quotes around a value with a colon' },
      cause,
    );
  let document: LocalDocument;
  try {
    document = parseLocalDocument(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  const matter = (document.matter.toJS() ?? {}) as Record<string, unknown>;
  const state = String(matter.state ?? 'open').toLowerCase();
  if (state !== 'open' && state !== 'closed' && !(kind === 'pull' && state === 'merged')) {
    throw refuse(`its state "${state}" is none of open, closed${kind === 'pull' ? ', merged' : ''}`);
  }
  return {
    kind,
    number,
    file,
    document,
    title:
      plain(matter.title) || headingOf(document.body) || `${kind === 'issue' ? 'Issue' : 'Pull request'} ${number}`,
    state,
    labels: labelsOf(matter.labels),
    milestone: typeof matter.milestone === 'number' ? matter.milestone : plain(matter.milestone) || null,
    head: plain(matter.head),
    base: plain(matter.base),
    draft: plain(matter.draft) === 'true',
  };
}

export function formatChanged(document: LocalDocument, change: EntryChange): string {
  const { body = document.body, comments = document.comments, ...keys } = change;
  const matter = document.matter.clone() as Document;
  for (const [key, value] of Object.entries(keys)) matter.set(key, value);
  return formatLocalDocument({ matter, body, comments });
}

export function emptyDocument(): LocalDocument {
  return { matter: new Document({}), body: '', comments: [] };
}

function plain(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value).trim() : '';
}

function labelsOf(value: unknown): string[] {
  const given = Array.isArray(value) ? value.map(plain) : plain(value).split(',');
  const byName = new Map<string, string>();
  for (const label of given.map((one) => one.trim()).filter(Boolean)) {
    if (!byName.has(label.toLowerCase())) byName.set(label.toLowerCase(), label);
  }
  return [...byName.values()];
}

function headingOf(body: string): string | undefined {
  return /^# +(.+)$/m.exec(body)?.[1]?.trim();
}
