/** US dollars; null: no limit. */
export interface BudgetLimits {
  /** Per task, over all its attempts. */
  readonly taskUsd: number | null;
  /** Per run, over all its tasks and attempts. */
  readonly runUsd: number | null;
}

/** What a running attempt may spend of its run's budget. */
export interface Reservation {
  readonly issue: number;
  readonly usd: number;
}

export interface BudgetState extends BudgetLimits {
  readonly reserved: readonly Reservation[];
}

export type Allowance =
  /** null: as much as it needs. */
  | { readonly kind: 'granted'; readonly usd: number | null }
  /** What is left is reserved by others, and may come back. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'spent'; readonly of: 'task' | 'run'; readonly limitUsd: number; readonly spentUsd: number };

/** Less than this starts no agent. */
const leastUsd = 0.01;

/**
 * What the next attempt of a task may spend: what is left of its task's budget, and at most its share of what is left of
 * the run's. `lanes`: tasks that may work at once, this one included; those without a reservation share the rest.
 */
export function allowanceOf(
  budget: BudgetState,
  request: { readonly issue: number; readonly costs: readonly TaskCost[]; readonly lanes: number },
): Allowance {
  const { issue, costs } = request;
  const ofTask = costs.find((task) => task.issue === issue)?.costUsd ?? 0;
  const taskLeft = budget.taskUsd === null ? Number.POSITIVE_INFINITY : budget.taskUsd - ofTask;
  if (budget.taskUsd !== null && taskLeft < leastUsd)
    return { kind: 'spent', of: 'task', limitUsd: budget.taskUsd, spentUsd: ofTask };
  if (budget.runUsd === null) return { kind: 'granted', usd: budget.taskUsd === null ? null : taskLeft };

  const spentUsd = costs.reduce((sum, task) => sum + task.costUsd, 0);
  const others = budget.reserved.filter((reservation) => reservation.issue !== issue);
  const left = budget.runUsd - spentUsd - others.reduce((sum, reservation) => sum + reservation.usd, 0);
  const share = left / Math.max(1, request.lanes - others.length);
  if (share >= leastUsd) return { kind: 'granted', usd: Math.min(taskLeft, share) };
  if (others.length > 0) return { kind: 'wait' };
  return { kind: 'spent', of: 'run', limitUsd: budget.runUsd, spentUsd };
}

export interface TaskCost {
  readonly issue: number;
  readonly costUsd: number;
}

export function withReservation(budget: BudgetState, issue: number, usd: number | null): BudgetState {
  const others = budget.reserved.filter((reservation) => reservation.issue !== issue);
  return { ...budget, reserved: usd === null ? others : [...others, { issue, usd }] };
}

/** `the run's budget of $5.00 is spent: $5.12, $0.12 over`. */
export function spentSentence({ of, limitUsd, spentUsd }: Extract<Allowance, { kind: 'spent' }>): string {
  const over = spentUsd - limitUsd;
  return `the ${of}'s budget of ${dollars(limitUsd)} is spent: ${dollars(spentUsd)}${over >= 0.005 ? `, ${dollars(over)} over` : ''}`;
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
