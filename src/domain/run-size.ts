import { LocusFailure } from './failures.ts';

/** The history of a parallel run grows with each of its issues, and Temporal ends a run that has more than 51,200 events. */
export function mostIssues(limits: SizeLimits): number {
  // Each attempt asks for its part of the budget, and gives back what it has left.
  return limits.runBudgetUsd === null ? 4000 : Math.floor(3000 / (1 + limits.maxAttempts));
}

export interface SizeLimits {
  readonly maxAttempts: number;
  readonly runBudgetUsd: number | null;
}

/** Refuses what a run could not come to its end with. */
export function requireSize(issues: number, limits: SizeLimits): void {
  const most = mostIssues(limits);
  if (issues <= most) return;
  const budgeted = limits.runBudgetUsd !== null;
  const why = budgeted ? ` with agent.runBudgetUsd and ${limits.maxAttempts} attempts each` : '';
  throw new LocusFailure('UsageInvalid', `a parallel run takes at most ${most} issues${why}, not ${issues}`, {
    remedy: budgeted ? 'run them in parts, or unset agent.runBudgetUsd' : 'run them in parts',
  });
}
