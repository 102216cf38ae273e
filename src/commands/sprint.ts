import { saveConfig } from '../config/save.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Sprint } from '../domain/issue.ts';
import { chooseSprint, sprintTitled } from '../domain/sprint.ts';
import { oneLine } from '../domain/text.ts';
import type { Tracker } from '../trackers/tracker.ts';

export interface SprintDeps {
  readonly tracker: Tracker;
  readonly root: string;
  /** `sprint.active` of the config. */
  readonly active: string | null;
}

/** Makes a sprint, unless an open one has that title. */
export async function sprintAdd(options: { readonly title: string }, { tracker }: SprintDeps): Promise<number> {
  const title = oneLine(options.title);
  if (title === '') throw new LocusFailure('UsageInvalid', 'a sprint needs a title');
  const existing = sprintTitled(await tracker.listSprints(), title);
  if (existing?.state === 'open') {
    console.log(`there is a sprint "${oneLine(existing.title)}" already`);
    return 0;
  }
  const sprint = await tracker.createSprint(title);
  console.log(`made the sprint "${oneLine(sprint.title)}"`);
  return 0;
}

export async function sprintList(
  options: { readonly json?: boolean },
  { tracker, active }: SprintDeps,
): Promise<number> {
  const sprints = await tracker.listSprints();
  const current = active === null ? null : sprintTitled(sprints, active);
  if (options.json) {
    const rows = sprints.map((sprint) => ({ ...sprint, active: sprint.number === current?.number }));
    console.log(JSON.stringify(rows, null, 2));
    return 0;
  }
  const lines = sprints.map((sprint) => `${sprint.number === current?.number ? '*' : ' '} ${asLine(sprint)}`);
  console.log(lines.length === 0 ? 'no sprints' : lines.join('\n'));
  return 0;
}

/** Sets the sprint that `locus run` works on; without a title it prints the current one. */
export async function sprintActive(options: { readonly title?: string }, deps: SprintDeps): Promise<number> {
  if (options.title === undefined) {
    console.log(deps.active === null ? 'no active sprint' : oneLine(deps.active));
    return 0;
  }
  const sprint = chooseSprint(await deps.tracker.listSprints(), options.title);
  await saveConfig(deps.root, { 'sprint.active': sprint.title });
  console.log(`"${oneLine(sprint.title)}" is the active sprint`);
  return 0;
}

/** The sprint with that title, open or closed; rejects where there is none. */
export async function knownSprint(tracker: Tracker, title: string): Promise<Sprint> {
  const sprints = await tracker.listSprints();
  return sprintTitled(sprints, title) ?? chooseSprint(sprints, title);
}

function asLine({ title, state, openIssues }: Sprint): string {
  return `${oneLine(title)}  ${state === 'open' ? `${openIssues} open` : 'closed'}`;
}
