import { LocusFailure } from '../failures.ts';
import type { Sprint } from '../issue.ts';
import { oneLine } from '../text.ts';
import { headingsOf, readMarkdown, sectionAt } from './markdown.ts';

/** One sprint of a plan, wherever the plan stands. */
export interface PlannedSprint {
  /** `sprint-N`. */
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly source: PlanSource;
  /** What the agent is given: a section of the document, a folder's text. Empty for the tracker's: its issues say it. */
  readonly text: string;
  /** Number of the tracker's sprint. */
  readonly milestone: number | null;
}

export type PlanSource = 'document' | 'tracker' | 'folders';

/** Everywhere a plan may stand. */
export interface PlanSources {
  /** The plan document; null where there is none. */
  readonly document: string | null;
  readonly tracker: readonly Sprint[];
  /** What `.locus/sprints/` holds. */
  readonly folders: readonly { readonly name: string; readonly text: string }[];
}

export interface PlanSelection {
  readonly sprints: readonly PlannedSprint[];
  readonly from: number;
  readonly to: number;
}

/** The sprints of the first source that has any, by number. Rejects where none has. */
export function discoverSprints({ document, tracker, folders }: PlanSources): PlannedSprint[] {
  const sources = [() => documentSprints(document ?? ''), () => trackerSprints(tracker), () => folderSprints(folders)];
  for (const read of sources) {
    const sprints = read();
    if (sprints.length > 0) return sprints;
  }
  throw new LocusFailure('IssueInvalid', 'there are no sprints to run', {
    remedy: 'write `## Sprint 1: …` headings into the plan document, or make one with `locus sprint add <title>`',
  });
}

/** The sprints with `from ≤ number ≤ to`; 1 and the last one where they are not given. Rejects an empty selection. */
export function selectSprints(
  sprints: readonly PlannedSprint[],
  wanted: { readonly from?: number | undefined; readonly to?: number | undefined },
): PlanSelection {
  const last = Math.max(0, ...sprints.map(({ number }) => number));
  const { from = 1, to = last } = wanted;
  for (const [flag, value] of [['--from', from] as const, ['--to', to] as const]) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new LocusFailure('UsageInvalid', `${flag} takes the number of a sprint, not ${value}`);
  }
  if (wanted.from !== undefined && wanted.to !== undefined && from > to) {
    throw new LocusFailure('UsageInvalid', `--from ${from} comes after --to ${to}`, {
      remedy: 'give --from a number that is not above --to',
    });
  }
  const selected = sprints.filter(({ number }) => number >= from && number <= to);
  if (selected.length === 0) {
    const there = sprints.map(({ number }) => number).join(', ');
    throw new LocusFailure('UsageInvalid', `no sprint is selected: from ${from} to ${to} of the sprints ${there}`);
  }
  return { sprints: selected, from, to };
}

/**
 * What `sprint-N` names: heading N of the document, else the open sprint titled `Sprint N…`, else the N-th open one.
 * Rejects where there is none.
 */
export function resolveSprint(target: string, sources: Pick<PlanSources, 'document' | 'tracker'>): PlannedSprint {
  const number = targetNumber(target);
  if (number === null) throw new LocusFailure('UsageInvalid', `${JSON.stringify(target)} is no sprint-N`);
  const inDocument = documentSprints(sources.document ?? '');
  const written = inDocument.find((sprint) => sprint.number === number);
  if (written) return written;
  const open = openSprints(sources.tracker);
  const sprint = open.find(({ title }) => titleNumber(title) === number) ?? open[number - 1];
  if (sprint) return onTracker(number, sprint);
  const names = open.flatMap(({ title }, index) => [index + 1, titleNumber(title) ?? index + 1]);
  const numbers =
    inDocument.length > 0 ? inDocument.map((each) => each.number) : [...new Set(names)].sort((a, b) => a - b);
  const known = numbers.map((each) => `sprint-${each}`).join(', ');
  throw new LocusFailure(
    'IssueInvalid',
    `there is no ${oneLine(target)}; ${known ? `there are ${known}` : 'no sprints'}`,
  );
}

/** N of `sprint-N`; null for anything else, `sprint-bug-N` included. */
export function targetNumber(target: string): number | null {
  return numberIn(/^sprint-(\d{1,9})$/.exec(target));
}

/** Sprints are `## Sprint N:` and nothing else. Of a number that comes twice, the texts stand under the first title. */
export function documentSprints(text: string): PlannedSprint[] {
  const markdown = readMarkdown(text);
  const headings = headingsOf(markdown);
  const sprints = new Map<number, PlannedSprint>();
  for (const heading of headings) {
    const match = /^## Sprint ([0-9]{1,9}):(.*)$/.exec(heading.line);
    const number = numberIn(match);
    if (number === null) continue;
    const section = sectionAt(markdown, headings, heading);
    const earlier = sprints.get(number);
    sprints.set(
      number,
      earlier
        ? { ...earlier, text: `${earlier.text}\n\n${section}` }
        : { ...named(number, match?.[2] ?? ''), source: 'document', text: section, milestone: null },
    );
  }
  return byNumber(sprints.values());
}

/**
 * Open sprints are numbered by their title (`Sprint 3 …`), the others by their place among the open ones, or with the
 * next number where a title has taken it: so every open one is in the plan, once.
 */
export function trackerSprints(tracker: readonly Sprint[]): PlannedSprint[] {
  const open = openSprints(tracker);
  const taken = new Map<number, Sprint>();
  const rest: { readonly sprint: Sprint; readonly place: number }[] = [];
  open.forEach((sprint, index) => {
    const number = titleNumber(sprint.title);
    if (number === null || taken.has(number)) rest.push({ sprint, place: index + 1 });
    else taken.set(number, sprint);
  });
  for (const { sprint, place } of rest) {
    taken.set(taken.has(place) ? Math.max(...taken.keys()) + 1 : place, sprint);
  }
  return byNumber([...taken].map(([number, sprint]) => onTracker(number, sprint)));
}

/** Folders named `sprint-N`, and no others. */
export function folderSprints(folders: PlanSources['folders']): PlannedSprint[] {
  const sprints = new Map<number, PlannedSprint>();
  for (const { name, text } of folders) {
    const number = targetNumber(name);
    if (number === null || sprints.has(number)) continue;
    sprints.set(number, { ...named(number, name), source: 'folders', text, milestone: null });
  }
  return byNumber(sprints.values());
}

/** In the order of their making; those of bugs are none of a plan's. */
function openSprints(tracker: readonly Sprint[]): Sprint[] {
  return tracker
    .filter(({ state, title }) => state === 'open' && !/^\s*sprint[\s-]+bug\b/i.test(title))
    .sort((a, b) => a.number - b.number);
}

/** N of `Sprint N…`. */
function titleNumber(title: string): number | null {
  return numberIn(/^\s*sprint[\s-]+(\d{1,9})(?!\d|\.\d)/i.exec(title));
}

function onTracker(number: number, { title, number: milestone }: Sprint): PlannedSprint {
  return { ...named(number, title), source: 'tracker', text: '', milestone };
}

function named(number: number, title: string): Pick<PlannedSprint, 'id' | 'number' | 'title'> {
  const id = `sprint-${number}`;
  return { id, number, title: oneLine(title) || id };
}

function numberIn(match: RegExpExecArray | null): number | null {
  return match?.[1] === undefined ? null : Number(match[1]);
}

function byNumber(sprints: Iterable<PlannedSprint>): PlannedSprint[] {
  return [...sprints].sort((a, b) => a.number - b.number);
}
