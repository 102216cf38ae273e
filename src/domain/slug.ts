const longestSlug = 60;

/** The part of a sprint's branch and run id that comes from its title; from its number where the title gives nothing. */
export function sprintSlug(title: string, milestoneNumber: number): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .replace(/\.{2,}/g, '.');
  return tidy(tidy(words).slice(0, longestSlug)) || `sprint-${milestoneNumber}`;
}

/**
 * Slugs of all sprints of a tracker, by milestone number. Where several titles give the same one, the oldest sprint
 * keeps it and the others get their number added, so that a later sprint never changes the slug of an earlier one.
 */
export function sprintSlugs(
  sprints: readonly { readonly number: number; readonly title: string }[],
): Map<number, string> {
  const slugs = new Map<number, string>();
  const taken = new Set<string>();
  for (const sprint of [...sprints].sort((a, b) => a.number - b.number)) {
    const slug = freeSlug(sprintSlug(sprint.title, sprint.number), sprint.number, taken);
    taken.add(slug);
    slugs.set(sprint.number, slug);
  }
  return slugs;
}

/** What git refuses in a branch name: dots and `.lock` at its end. Dashes go for looks. */
function tidy(slug: string): string {
  const tidied = slug.replace(/^[-.]+|[-.]+$/g, '').replace(/(?:\.lock)+$/, '');
  return tidied === slug ? slug : tidy(tidied);
}

function freeSlug(slug: string, milestoneNumber: number, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  const suffix = `-${milestoneNumber}`;
  return freeSlug(`${tidy(slug.slice(0, longestSlug - suffix.length))}${suffix}`, milestoneNumber, taken);
}
