import type { Failure } from './failures.ts';
import type { TaskState, TaskStatus } from './run.ts';

export type Step =
  | { readonly kind: 'work'; readonly issue: number }
  | { readonly kind: 'halt'; readonly issue: number; readonly failure: Failure }
  | { readonly kind: 'finish' };

/** What a sprint does next: stop at a failure where it is told to, else the next task in order that is not at its end. */
export function nextStep(tasks: readonly TaskState[], stopOnFailure: boolean): Step {
  if (stopOnFailure) {
    const failed = tasks.find((task) => task.status === 'failed');
    if (failed?.error) return { kind: 'halt', issue: failed.issue, failure: failed.error };
  }
  const open = tasks.find((task) => task.status === 'pending' || task.status === 'in_progress');
  return open ? { kind: 'work', issue: open.issue } : { kind: 'finish' };
}

/** After a resume, what failed is tried again in its old place. */
export function retryFailed(tasks: readonly TaskState[]): TaskState[] {
  return tasks.map((task) =>
    task.status === 'failed' ? { ...task, status: 'pending', error: null, phase: null, finishedAt: null } : task,
  );
}

export function countByStatus(tasks: readonly TaskState[]): Record<TaskStatus, number> {
  const counts: Record<TaskStatus, number> = { pending: 0, in_progress: 0, done: 0, failed: 0, skipped: 0 };
  for (const task of tasks) counts[task.status] += 1;
  return counts;
}
