import { LocusFailure } from './failures.ts';
import type { Sprint } from './issue.ts';
import { oneLine } from './text.ts';

/** The sprint with that title, without regard to case; an exact match and an open one come first. */
export function sprintTitled(sprints: readonly Sprint[], title: string): Sprint | null {
  const wanted = fold(title);
  const rank = (sprint: Sprint) => (sprint.state === 'open' ? 2 : 0) + (sprint.title === title ? 1 : 0);
  const matches = sprints.filter((sprint) => fold(sprint.title) === wanted);
  return matches.sort((a, b) => rank(b) - rank(a) || a.number - b.number)[0] ?? null;
}

/** The sprint to run: the one that is asked for, or the only open one. Rejects with words that name the open ones. */
export function chooseSprint(sprints: readonly Sprint[], title: string | null): Sprint {
  const open = sprints.filter((sprint) => sprint.state === 'open');
  const remedy = open.length === 0 ? 'make one with `locus sprint add <title>`' : 'name one with --sprint <title>';
  if (title === null) {
    const [only] = open;
    if (only && open.length === 1) return only;
    if (!only) throw new LocusFailure('IssueInvalid', 'there is no open sprint', { remedy });
    throw new LocusFailure('UsageInvalid', `there are ${open.length} open sprints: ${titles(open)}`, { remedy });
  }
  const found = sprintTitled(sprints, title);
  if (found?.state === 'open') return found;
  const problem = found ? `the sprint ${quoted(found.title)} is closed` : `there is no sprint ${quoted(title)}`;
  const others = open.length === 0 ? 'no sprint is open' : `open are ${titles(open)}`;
  throw new LocusFailure('IssueInvalid', `${problem}; ${others}`, { remedy });
}

function titles(sprints: readonly Sprint[]): string {
  return sprints.map((sprint) => quoted(sprint.title)).join(', ');
}

function quoted(title: string): string {
  return `"${oneLine(title)}"`;
}

function fold(title: string): string {
  return title.normalize('NFC').trim().toLowerCase();
}
