import { bugBranch, isBugId } from './bug-id.ts';

export const planTarget = 'sprint-plan';

/** What a target is called that was typed as `42`, `#42`, `issue-42`, `sprint-3` or `sprint-plan`; null: it is none. */
export function targetName(typed: string): string | null {
  const name = typed.replace(/^(?:#|issue-)(?=\d+$)/, '');
  if (/^\d{1,9}$/.test(name) && Number(name) > 0) return `issue-${Number(name)}`;
  const sprint = /^sprint-(\d{1,9})$/.exec(name)?.[1];
  if (sprint !== undefined) return `sprint-${Number(sprint)}`;
  return name === planTarget ? name : null;
}

/** The branch that a run of a target makes. `day`: yyyymmdd. */
export function targetBranch(name: string, day: string): string {
  if (isBugId(name)) return bugBranch(name);
  return name === planTarget ? `feature/${name}-${day}` : `feature/${name}`;
}
