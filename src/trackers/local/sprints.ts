import path from 'node:path';
import { z } from 'zod';
import { LocusFailure } from '../../domain/failures.ts';
import type { Sprint } from '../../domain/issue.ts';
import type { Entry } from './entry.ts';
import { asFailures, readText, replaceText } from './files.ts';
import type { Store } from './store.ts';

const recordedSprints = z.array(
  z.object({
    number: z.number().int().positive(),
    title: z.string().min(1),
    state: z.enum(['open', 'closed']).default('open'),
  }),
);

/** A sprint as `sprints.json` holds it. */
export type RecordedSprint = z.infer<typeof recordedSprints>[number];

export interface Sprints {
  recorded(): Promise<RecordedSprint[]>;
  /** The recorded ones and those that only issues name, by number. */
  list(issues: readonly Entry[]): Promise<Sprint[]>;
  /** Inside `exclusively`: records the sprints that only issues name, and `title`; answers with the latter. */
  record(title: string): Promise<Sprint>;
}

export function createSprints(store: Store): Sprints {
  const file = path.join(store.folder, 'sprints.json');

  async function recorded(): Promise<RecordedSprint[]> {
    const text = await asFailures(store.folder, () => readText(file));
    if (text === null) return [];
    try {
      return recordedSprints.parse(JSON.parse(text));
    } catch (error) {
      const remedy = 'correct the file: a list of {"number", "title", "state"}';
      throw new LocusFailure('TrackerRefused', `cannot read ${file}: it is not a list of sprints`, { remedy }, error);
    }
  }

  return {
    recorded,
    async list(issues) {
      return counted(withImplied(await recorded(), issues), issues);
    },
    async record(title) {
      const issues = await store.list('issue');
      const known = withImplied(await recorded(), issues);
      const all = findSprint(known, title) ? known : withTitle(known, title);
      await asFailures(store.folder, () => replaceText(file, `${JSON.stringify(all, null, 2)}\n`));
      const sprint = counted(all, issues).find((one) => sameTitle(one.title, title));
      if (!sprint) throw new Error(`the sprint "${title}" was not recorded`);
      return sprint;
    },
  };
}

/** Title of the sprint an issue belongs to, in the spelling of the record where it has one. */
export function sprintTitleOf(entry: Entry, sprints: readonly RecordedSprint[]): string | null {
  const { milestone } = entry;
  if (milestone === null) return null;
  const byNumber = typeof milestone === 'number' ? sprints.find((one) => one.number === milestone) : undefined;
  return (byNumber ?? findSprint(sprints, String(milestone)))?.title ?? String(milestone);
}

export function findSprint<T extends { readonly title: string }>(sprints: readonly T[], title: string): T | undefined {
  return sprints.find((sprint) => sameTitle(sprint.title, title));
}

export function sameTitle(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** Titles that no record holds get the next numbers, in the order of the first issue that names them. */
function withImplied(recorded: readonly RecordedSprint[], issues: readonly Entry[]): RecordedSprint[] {
  let all = [...recorded];
  for (const issue of issues) {
    const title = sprintTitleOf(issue, all);
    if (title !== null && !findSprint(all, title)) all = withTitle(all, title);
  }
  return all;
}

function withTitle(sprints: readonly RecordedSprint[], title: string): RecordedSprint[] {
  const number = Math.max(0, ...sprints.map((sprint) => sprint.number)) + 1;
  return [...sprints, { number, title: title.trim(), state: 'open' }];
}

function counted(sprints: readonly RecordedSprint[], issues: readonly Entry[]): Sprint[] {
  const open = issues.filter((issue) => issue.state === 'open').map((issue) => sprintTitleOf(issue, sprints));
  return sprints
    .map((sprint) => ({ ...sprint, openIssues: open.filter((title) => title === sprint.title).length }))
    .sort((a, b) => a.number - b.number);
}
