import type { PlanState } from './state.ts';

/** What the branch's history says about a plan whose state looks stale. */
export interface PlanSync {
  readonly complete: boolean;
  readonly reason: 'git_inferred_completion' | 'still_running';
  /** Sprints of the plan that have a commit. */
  readonly found: number;
  readonly expected: number;
  /** When it was inferred, ISO 8601; null while the plan goes on. */
  readonly timestamp: string | null;
}

/** A sprint as a commit's subject names it: `feat(sprint-10): …` is no commit of sprint-1. */
const feature = /^feat\(sprint-([0-9]+)\)/;

/** Whether each sprint of a running plan has a commit among `subjects`, those of base..HEAD. */
export function inferCompletion(
  plan: Pick<PlanState, 'state'> & {
    readonly sprints: { readonly total?: number; readonly list: readonly { readonly id: string }[] };
  },
  subjects: readonly string[],
  at: string,
): PlanSync {
  const committed = new Set(subjects.map((subject) => feature.exec(subject)?.[1]).filter((each) => each !== undefined));
  const ids = new Set(plan.sprints.list.map(({ id }) => id));
  const found = [...committed].filter((number) => ids.has(`sprint-${number}`)).length;
  const expected = Math.max(plan.sprints.total ?? 0, ids.size);
  const complete = plan.state === 'RUNNING' && expected > 0 && found >= expected;
  return {
    complete,
    reason: complete ? 'git_inferred_completion' : 'still_running',
    found,
    expected,
    timestamp: complete ? at : null,
  };
}
