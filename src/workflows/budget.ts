import { condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { type Allowance, allowanceOf, spentSentence, withReservation } from '../domain/budget.ts';
import { asFailure, type Failure } from '../domain/failures.ts';
import { budgetGranted, budgetWanted } from './messages.ts';
import type { Run } from './run.ts';

/** Where a task reserves what its next attempt may cost. */
export interface Budget {
  /** `wait` only where the run was interrupted meanwhile. */
  reserve(issue: number): Promise<Allowance>;
  /** After an attempt: what it did not spend is free again. */
  settle(issue: number): Promise<void>;
}

/** `parent`: the parallel run that this task is a part of; a resume may give it a budget that it did not have. */
export function budgetOf(run: Run, parent?: string): Budget {
  const own = ownBudget(run);
  if (parent === undefined) return own;
  const shared = budgetOfParent(run, parent);
  const now = () => (run.state.budget.runUsd === null ? own : shared);
  return { reserve: (issue) => now().reserve(issue), settle: (issue) => now().settle(issue) };
}

export function spentFailure(spent: Extract<Allowance, { kind: 'spent' }>): Failure {
  const key = spent.of === 'task' ? 'agent.budgetUsd' : 'agent.runBudgetUsd';
  return asFailure('BudgetSpent', spentSentence(spent), { remedy: `raise ${key}, then \`locus run --resume\`` });
}

/** One task after the other: nobody else reserves anything. */
function ownBudget(run: Run): Budget {
  return {
    reserve: async (issue) =>
      allowanceOf({ ...run.state.budget, reserved: [] }, { issue, costs: run.state.tasks, lanes: 1 }),
    settle: async () => {},
  };
}

function budgetOfParent(run: Run, parent: string): Budget {
  const desk = getExternalWorkflowHandle(parent);
  let answer: Allowance | null = null;
  setHandler(budgetGranted, (allowance) => {
    answer = allowance;
  });
  const costOf = (issue: number) => ({ issue, costUsd: run.task(issue).costUsd });
  return {
    async reserve(issue) {
      answer = null;
      // One that is gone answers no more: then this run is to stop.
      await desk.signal(budgetWanted, { ...costOf(issue), wanted: true }).catch(() => {});
      // Told at once in most cases; where others have reserved what is left, people see what it waits for.
      await condition(() => answer !== null || run.interrupted, '2 seconds');
      if (answer === null)
        await run.wait({ reason: "what others have reserved of the run's budget", until: null }, () => answer !== null);
      return answer ?? { kind: 'wait' };
    },
    async settle(issue) {
      // A parent that is gone counts no more.
      await desk.signal(budgetWanted, { ...costOf(issue), wanted: false }).catch(() => {});
    },
  };
}

/** The parent's side: hands the run's budget out to its children; when it is spent the run halts. */
export class BudgetDesk {
  private readonly run: Run;
  private readonly lanes: () => number;
  private readonly tell: (issue: number, allowance: Allowance) => void;
  private queue: number[] = [];

  /** `lanes`: how many tasks may work at once from now on. */
  constructor(run: Run, lanes: () => number, tell: (issue: number, allowance: Allowance) => void) {
    this.run = run;
    this.lanes = lanes;
    this.tell = tell;
    setHandler(budgetWanted, ({ issue, costUsd, wanted }) => {
      run.update(issue, { costUsd });
      this.settle(issue);
      if (wanted) this.queue.push(issue);
      this.serve();
    });
  }

  /** A task has ended. */
  leave(issue: number): void {
    this.settle(issue);
    this.serve();
  }

  private settle(issue: number): void {
    this.queue = this.queue.filter((waiting) => waiting !== issue);
    if (this.run.state.budget.reserved.length > 0) note(this.run, issue, null);
  }

  private serve(): void {
    for (const issue of [...this.queue]) {
      const { budget, tasks } = this.run.state;
      const allowance = allowanceOf(budget, { issue, costs: tasks, lanes: this.lanes() });
      if (allowance.kind === 'wait') continue;
      if (allowance.kind === 'spent' && allowance.of === 'run') {
        // Everybody asks again after a resume.
        this.queue = [];
        this.run.askToHalt(spentFailure(allowance));
        return;
      }
      if (allowance.kind === 'granted') note(this.run, issue, allowance.usd);
      this.queue = this.queue.filter((waiting) => waiting !== issue);
      this.tell(issue, allowance);
    }
  }
}

function note(run: Run, issue: number, usd: number | null): void {
  run.change({ budget: withReservation(run.state.budget, issue, usd) });
}
